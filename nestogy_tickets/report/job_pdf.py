"""Draws job queries with reportlab, on paper that lies on its side. All words and figures come ready to print."""

import io
from functools import lru_cache

from PIL import Image
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, LETTER, landscape
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

from odoo.tools.misc import file_path

REGULAR, BOLD = "NestogyJobs", "NestogyJobs-Bold"
FONT_FILES = (
    "web/static/fonts/google/Roboto/Roboto-Regular.ttf",
    "web/static/fonts/google/Roboto/Roboto-Bold.ttf",
)
INK, QUIET, LINE, SHADE = "#1F2933", "#5F6B7A", "#D5DBE3", "#F4F6F9"
MARGIN, ROW, FOOT = 12 * mm, 5.4 * mm, 12 * mm
LOGO_SIZE = (52 * mm, 16 * mm)


@lru_cache(maxsize=1)
def font_names():
    """Odoo's own fonts, registered once in a process; without them those of every PDF reader."""
    try:
        for name, path in zip((REGULAR, BOLD), FONT_FILES, strict=True):
            pdfmetrics.registerFont(TTFont(name, file_path(path)))
    except (OSError, TTFError):
        return "Helvetica", "Helvetica-Bold"
    return REGULAR, BOLD


@lru_cache(maxsize=16384)
def fitted(value, font, size, width):
    """Text that is not wider than its column."""
    value = " ".join(str(value or "").split())
    if pdfmetrics.stringWidth(value, font, size) <= width:
        return value
    low, high = 0, len(value)
    while low < high:
        middle = (low + high + 1) // 2
        if pdfmetrics.stringWidth(value[:middle] + "…", font, size) <= width:
            low = middle
        else:
            high = middle - 1
    return value[:low].rstrip() + "…"


def draw(document, target):
    """
    :param dict document: see ``nestogy.job.report._pdf_document``
    :param target: a binary file
    """
    _Drawing(document, target).run()


class _Drawing:
    def __init__(self, document, target):
        self.document = document
        self.regular, self.bold = font_names()
        self.width, self.height = landscape(LETTER if document["paper"] == "Letter" else A4)
        self.right = self.width - MARGIN
        self.canvas = Canvas(target, (self.width, self.height), pageCompression=1, lang=document["lang"])
        self.page = 0
        self.places = []
        x = MARGIN
        for _label, share, align in document["columns"]:
            width = (self.right - MARGIN) * share
            self.places.append((x + width - mm if align == "right" else x + mm, width - 2 * mm, align))
            x += width
        self.y = 0

    def text(self, x, y, value, size=8.5, bold=False, color=INK, width=None, align="left"):
        font = self.bold if bold else self.regular
        value = fitted(value, font, size, width or self.right - MARGIN)
        self.canvas.setFont(font, size)
        self.canvas.setFillColor(HexColor(color))
        (self.canvas.drawRightString if align == "right" else self.canvas.drawString)(x, y, value)

    def run(self):
        document = self.document
        self.canvas.setTitle(document["title"])
        self.canvas.setAuthor(document["brand"]["name"])
        rows = document["rows"]
        # how many pages there will be: the first one has a head
        first = int((self.height - 2 * MARGIN - FOOT - 52 * mm) // ROW)
        later = int((self.height - 2 * MARGIN - FOOT - 14 * mm) // ROW)
        pages = [rows[:first], *(rows[at : at + later] for at in range(first, len(rows), later))]
        for number, page in enumerate(pages, 1):
            self.y = self.height - MARGIN
            if number == 1:
                self.draw_head()
            else:
                self.text(MARGIN, self.y - 3 * mm, f"{document['title']} · {document['subtitle']}", color=QUIET)
                self.y -= 7 * mm
            if rows:
                self.draw_table(page)
            else:
                self.text(MARGIN, self.y - 6 * mm, document["empty"], size=11)
            self.draw_foot(number, len(pages))
            self.canvas.showPage()
        self.canvas.save()

    def draw_head(self):
        document, brand = self.document, self.document["brand"]
        top = self.y
        logo = self.logo(brand["logo"])
        if logo:
            wide, high = logo.getSize()
            scale = min(LOGO_SIZE[0] / wide, LOGO_SIZE[1] / high)
            self.canvas.drawImage(logo, MARGIN, top - high * scale, wide * scale, high * scale)
        else:
            self.text(MARGIN, top - 6 * mm, brand["name"], size=16, bold=True, color=brand["color"], width=110 * mm)
        self.text(self.right, top - 6 * mm, document["title"], size=16, bold=True, color=brand["color"], align="right")
        self.text(self.right, top - 12 * mm, document["subtitle"], size=9.5, color=QUIET, align="right")
        self.text(MARGIN, top - 20 * mm, document["filters"], size=9, color=QUIET)
        self.y = top - 24 * mm
        high, gap = 13 * mm, 3 * mm
        figures = document["figures"]
        wide = (self.right - MARGIN - gap * (len(figures) - 1)) / len(figures)
        for number, (label, value) in enumerate(figures):
            x = MARGIN + number * (wide + gap)
            self.canvas.setFillColor(HexColor(SHADE))
            self.canvas.roundRect(x, self.y - high, wide, high, 2 * mm, stroke=0, fill=1)
            self.text(x + 3 * mm, self.y - 5 * mm, label, size=7.5, color=QUIET, width=wide - 6 * mm)
            size = 12
            while size > 7 and pdfmetrics.stringWidth(value, self.bold, size) > wide - 6 * mm:
                size -= 0.5  # a figure is never cut
            self.text(x + 3 * mm, self.y - 10.5 * mm, value, size=size, bold=True, width=wide)
        self.y -= high + 5 * mm

    @staticmethod
    def logo(content):
        """The logo on white; ``None`` if it is no picture."""
        try:
            with Image.open(io.BytesIO(content or b"")) as source:
                picture = source.convert("RGBA")
        except (OSError, ValueError, Image.DecompressionBombError):
            return None
        picture.thumbnail((420, 130))
        flat = Image.new("RGB", picture.size, "white")
        flat.paste(picture, mask=picture.getchannel("A"))
        return ImageReader(flat)

    def draw_table(self, rows):
        self.canvas.setFillColor(HexColor(SHADE))
        self.canvas.rect(MARGIN, self.y - ROW, self.right - MARGIN, ROW, stroke=0, fill=1)
        for (label, _share, _align), (x, width, align) in zip(self.document["columns"], self.places, strict=True):
            self.text(x, self.y - ROW + 1.6 * mm, label, size=7.5, bold=True, color=QUIET, width=width, align=align)
        self.y -= ROW
        self.canvas.setStrokeColor(HexColor(LINE))
        self.canvas.setLineWidth(0.4)
        for row in rows:
            for cell, (x, width, align) in zip(row, self.places, strict=True):
                if cell:
                    self.text(x, self.y - ROW + 1.7 * mm, cell, size=8, width=width, align=align)
            self.y -= ROW
            self.canvas.line(MARGIN, self.y, self.right, self.y)

    def draw_foot(self, number, count):
        y = MARGIN + 1 * mm
        self.text(MARGIN, y, self.document["brand"]["footer"], size=7.5, color=QUIET, width=150 * mm)
        label = self.document["page_label"] % {"page": number, "pages": count}
        self.text(self.right, y, label, size=7.5, color=QUIET, align="right")
