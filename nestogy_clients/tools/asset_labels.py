"""Labels for devices: a PDF of pages as small as a label, each with a code and what a person reads."""

import io
import unicodedata

from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = 70 * mm, 30 * mm
CODE = 26 * mm
MARGIN = 2 * mm
FONT, BOLD = "Helvetica", "Helvetica-Bold"


def plain(text):
    """The text in letters that the fonts of every printer have; the code beside it holds the truth."""
    text = " ".join(str(text or "").split())
    text = "".join(letter if ord(letter) < 256 else unicodedata.normalize("NFKD", letter) for letter in text)
    return text.encode("latin-1", "ignore").decode("latin-1")


def fit(text, font, size, width):
    """The text, cut to a width, with dots where something is missing."""
    if stringWidth(text, font, size) <= width:
        return text
    while text and stringWidth(f"{text}...", font, size) > width:
        text = text[:-1]
    return f"{text.rstrip()}..."


def label_pdf(rows):
    """One page a label.

    :param rows: dicts of ``name``, ``serial``, ``client`` and ``url``
    :return: bytes of a PDF
    """
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(WIDTH, HEIGHT), invariant=1)
    canvas.setTitle("Labels")
    for row in rows:
        widget = QrCodeWidget(row["url"], barLevel="M")
        left, low, right, high = widget.getBounds()
        drawing = Drawing(CODE, CODE, transform=[CODE / (right - left), 0, 0, CODE / (high - low), 0, 0])
        drawing.add(widget)
        renderPDF.draw(drawing, canvas, MARGIN, MARGIN)
        x, width = CODE + 2 * MARGIN, WIDTH - CODE - 3 * MARGIN
        for text, font, size, y in (
            (row["name"], BOLD, 9, HEIGHT - 8 * mm),
            (row["serial"], FONT, 8, HEIGHT - 13.5 * mm),
            (row["client"], FONT, 7, HEIGHT - 19 * mm),
        ):
            canvas.setFont(font, size)
            canvas.drawString(x, y, fit(plain(text), font, size, width))
        canvas.showPage()
    canvas.save()
    return target.getvalue()
