"""Draws a statement of account with reportlab. All words, amounts and dates come ready to print."""

import io
import logging
from functools import lru_cache

from PIL import Image
from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

from odoo.tools.misc import file_path

_logger = logging.getLogger(__name__)

rl_config.useA85 = 0  # files are sent as bytes: writing them as text makes them larger and slower

# fonts that come with Odoo, the best first: regular and bold
FONT_FILES = (
    ("web/static/fonts/google/Roboto/Roboto-Regular.ttf", "web/static/fonts/google/Roboto/Roboto-Bold.ttf"),
    ("web/static/fonts/google/Open_Sans/Open_Sans-Regular.ttf", "web/static/fonts/google/Open_Sans/Open_Sans-Bold.ttf"),
)
REGULAR, BOLD = "NestogyStatement", "NestogyStatement-Bold"
STAND_IN = "\N{LOZENGE}"  # for a sign that the font has not
INK, QUIET, LINE, SHADE, ALERT = "#1F2933", "#5F6B7A", "#D5DBE3", "#F4F6F9", "#B42318"
MARGIN, ROW, FOOT = 16 * mm, 5.6 * mm, 16 * mm
LOGO_SIZE = (52 * mm, 18 * mm)
LOGO_PIXELS = (420, 150)


@lru_cache(maxsize=1)
def fonts():
    """Register the fonts, once in a process.

    :return: the signs that both can print; ``None`` if only Latin letters can be printed
    """
    for names in FONT_FILES:
        try:
            pair = [TTFont(name, file_path(path)) for name, path in zip((REGULAR, BOLD), names, strict=True)]
        except (OSError, TTFError):
            continue
        for font in pair:
            pdfmetrics.registerFont(font)
        return frozenset(pair[0].face.charToGlyph) & frozenset(pair[1].face.charToGlyph)
    _logger.warning("None of Odoo's fonts is there: statements can show Latin letters only.")
    for name, standard in ((REGULAR, "Helvetica"), (BOLD, "Helvetica-Bold")):
        pdfmetrics.registerFont(pdfmetrics.Font(name, standard, "WinAnsiEncoding"))
    return None


@lru_cache(maxsize=8192)
def text_width(value, font, size):
    """Most texts are measured more than once: to fit them, and to end them at the right."""
    return pdfmetrics.stringWidth(value, font, size)


@lru_cache(maxsize=64)
def logo_image(content):
    """A logo as it is drawn: small, on white.

    :return: ``None`` if it is no picture
    """
    try:
        with Image.open(io.BytesIO(content)) as source:
            picture = source.convert("RGBA")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    picture.thumbnail(LOGO_PIXELS)
    flat = Image.new("RGB", picture.size, "white")
    flat.paste(picture, mask=picture.getchannel("A"))
    return ImageReader(flat)


def draw(statement):
    """
    :param dict statement: see ``res.partner._client_statement_document``
    :return: the bytes of the PDF
    """
    return _Drawing(statement).run()


class _Drawing:
    """Lays the pages out first, as lists of strokes, so that each can say how many there are."""

    def __init__(self, statement):
        self.statement = statement
        self.glyphs = fonts()
        self.is_lossy = False
        self.width, self.height = LETTER if statement["paper"] == "Letter" else A4
        self.right = self.width - MARGIN
        self.color = statement["brand"]["color"]
        self.pages = []
        self.strokes = None

    # ------------------------------------------------------------------
    # Strokes
    # ------------------------------------------------------------------

    def clean(self, value):
        """Text of signs that the font has; the others become visible gaps."""
        value = " ".join(str(value or "").split())
        if value.isascii():
            return value
        if self.glyphs is None:
            cleaned = value.encode("cp1252", "replace").decode("cp1252")
        elif all(ord(sign) in self.glyphs for sign in value):
            return value
        else:
            cleaned = "".join(sign if ord(sign) in self.glyphs else STAND_IN for sign in value)
        self.is_lossy |= cleaned != value
        return cleaned

    def fit(self, value, font, size, width):
        """Text that is not wider than its column."""
        value = self.clean(value)
        if text_width(value, font, size) <= width:
            return value
        low, high = 0, len(value)
        while low < high:
            middle = (low + high + 1) // 2
            if text_width(value[:middle] + "…", font, size) <= width:
                low = middle
            else:
                high = middle - 1
        return value[:low].rstrip() + "…"

    def text(self, x, y, value, size=9, font=REGULAR, color=INK, width=None, align="left"):
        value = self.fit(value, font, size, width) if width else self.clean(value)
        self.strokes.append(("text", x, y, value, size, font, color, align))

    def box(self, x, y, width, height, color, radius=0):
        self.strokes.append(("box", x, y, width, height, color, radius))

    def rule(self, y, color=LINE, thickness=0.5):
        self.strokes.append(("line", MARGIN, y, self.right, y, color, thickness))

    # ------------------------------------------------------------------
    # Pages
    # ------------------------------------------------------------------

    def run(self):
        self.new_page()
        self.draw_head()
        for block in self.statement["blocks"]:
            self.draw_block(block)
        if not self.statement["blocks"]:
            self.y -= 6 * mm
            self.text(MARGIN, self.y, self.statement["empty"], size=11)
        self.draw_remittance()
        if self.is_lossy:
            self.need(8 * mm)
            self.y -= 6 * mm
            self.text(MARGIN, self.y, self.statement["lossy_note"], size=7.5, color=QUIET)
        return self.emit()

    def new_page(self):
        self.strokes = []
        self.pages.append(self.strokes)
        self.y = self.height - MARGIN
        if len(self.pages) > 1:
            title = f"{self.statement['title']} · {self.statement['client_name']} · {self.statement['subtitle']}"
            self.text(MARGIN, self.y - 2 * mm, title, size=8, color=QUIET, width=self.right - MARGIN)
            self.y -= 7 * mm

    def need(self, height):
        """Begin a new page unless so much room is left.

        :return: whether a page began
        """
        if self.y - height >= MARGIN + FOOT:
            return False
        self.new_page()
        return True

    def draw_head(self):
        statement, brand = self.statement, self.statement["brand"]
        image = logo_image(brand["logo"]) if brand["logo"] else None
        top = self.y
        if image:
            wide, high = image.getSize()
            scale = min(LOGO_SIZE[0] / wide, LOGO_SIZE[1] / high)
            self.strokes.append(("image", MARGIN, top - high * scale, wide * scale, high * scale, image))
        else:
            self.text(MARGIN, top - 6 * mm, brand["name"], size=17, font=BOLD, color=self.color, width=85 * mm)
        self.text(self.right, top - 6 * mm, statement["title"], size=17, font=BOLD, color=self.color, align="right")
        self.text(self.right, top - 12 * mm, statement["subtitle"], size=10, color=QUIET, align="right")
        self.y = top - 24 * mm
        middle = MARGIN + (self.right - MARGIN) * 0.56
        self.text(MARGIN, self.y, statement["client_heading"], size=7.5, color=QUIET)
        self.text(middle, self.y, statement["company_heading"], size=7.5, color=QUIET)
        depth = 0
        for x, lines in ((MARGIN, statement["client_lines"]), (middle, statement["company_lines"])):
            width = (middle if x == MARGIN else self.right) - x - 4 * mm
            for number, line in enumerate(lines):
                font = BOLD if not number else REGULAR
                self.text(x, self.y - (number + 1) * 4.4 * mm, line, size=9, font=font, width=width)
            depth = max(depth, len(lines))
        self.y -= depth * 4.4 * mm + 8 * mm

    def draw_block(self, block):
        self.need(62 * mm)
        if block["heading"]:
            self.y -= 2 * mm
            self.text(MARGIN, self.y - 1 * mm, block["heading"], size=11, font=BOLD, color=self.color)
            self.y -= 5 * mm
        self.draw_figures(block["figures"])
        self.draw_table(block)
        self.draw_ageing(block)

    def draw_figures(self, figures):
        """The sums that matter, big."""
        high, gap = 14 * mm, 3 * mm
        wide = (self.right - MARGIN - gap * (len(figures) - 1)) / len(figures)
        for number, (label, amount, tone) in enumerate(figures):
            x = MARGIN + number * (wide + gap)
            is_main = tone == "main"
            self.box(x, self.y - high, wide, high, self.color if is_main else SHADE, radius=2 * mm)
            ink = self.statement["brand"]["ink"] if is_main else QUIET
            self.text(x + 3 * mm, self.y - 5 * mm, label, size=7.5, color=ink, width=wide - 6 * mm)
            ink = self.statement["brand"]["ink"] if is_main else ALERT if tone == "alert" else INK
            size = min(12, 12 * (wide - 6 * mm) / max(text_width(amount, BOLD, 12), 1))
            self.text(x + 3 * mm, self.y - 11 * mm, amount, size=size, font=BOLD, color=ink)
        self.y -= high + 5 * mm

    def draw_table(self, block):
        columns, x, places = block["columns"], MARGIN, []
        for _label, share, align in columns:
            width = (self.right - MARGIN) * share
            places.append((x + width - 1.5 * mm if align == "right" else x + 1.5 * mm, width - 3 * mm, align))
            x += width
        self.draw_table_head(columns, places)
        former = None
        for row in block["rows"]:
            if self.y - ROW < MARGIN + FOOT:
                self.new_page()
                self.draw_table_head(columns, places)
                if former and block["carried_label"]:
                    carried = [None, block["carried_label"], *[None] * (len(columns) - 3), former["cells"][-1]]
                    self.draw_row({"cells": carried, "style": "quiet"}, places)
            self.draw_row(row, places)
            former = row
        self.y -= 2 * mm

    def draw_table_head(self, columns, places):
        self.box(MARGIN, self.y - ROW - 0.6 * mm, self.right - MARGIN, ROW + 0.6 * mm, SHADE)
        for (label, _share, _align), (x, width, align) in zip(columns, places, strict=True):
            self.text(x, self.y - ROW + 1.5 * mm, label, size=7.5, font=BOLD, color=QUIET, width=width, align=align)
        self.y -= ROW + 0.6 * mm

    def draw_row(self, row, places):
        style = row["style"]
        baseline = self.y - ROW + 1.8 * mm
        font = BOLD if style == "strong" else REGULAR
        color = QUIET if style == "quiet" else INK
        for number, (cell, (x, width, align)) in enumerate(zip(row["cells"], places, strict=True)):
            if cell:
                tone = ALERT if number in row.get("alert", ()) else color
                size = 8.5
                if align == "right":  # an amount is never cut
                    size = min(size, size * width / max(text_width(cell, font, size), 1))
                    self.text(x, baseline, cell, size=size, font=font, color=tone, align=align)
                else:
                    self.text(x, baseline, cell, size=size, font=font, color=tone, width=width)
        self.y -= ROW
        self.rule(self.y, thickness=1 if style == "strong" else 0.4)

    def draw_ageing(self, block):
        self.need(30 * mm)
        wide = (self.right - MARGIN) / len(block["ageing"])
        high = 11 * mm
        self.text(MARGIN, self.y - 3.5 * mm, block["ageing_heading"], size=7.5, color=QUIET)
        self.y -= 5 * mm
        self.box(MARGIN, self.y - high, self.right - MARGIN, high, SHADE, radius=2 * mm)
        for number, (label, amount, is_alert) in enumerate(block["ageing"]):
            x = MARGIN + (number + 1) * wide - 3 * mm
            self.text(x, self.y - 4 * mm, label, size=7.5, color=QUIET, width=wide - 5 * mm, align="right")
            color = ALERT if is_alert else INK
            size = min(9, 9 * (wide - 4 * mm) / max(text_width(amount, BOLD, 9), 1))
            self.text(x, self.y - 8.6 * mm, amount, size=size, font=BOLD, color=color, align="right")
        self.y -= high + 4.5 * mm
        self.text(
            MARGIN,
            self.y,
            block["check"],
            size=7.5,
            color=QUIET if block["ties"] else ALERT,
            width=self.right - MARGIN,
        )
        self.y -= 9 * mm

    def draw_remittance(self):
        lines = self.statement["remittance"]
        if not lines:
            return
        self.need((len(lines) + 2) * 4.4 * mm)
        self.rule(self.y, color=self.color, thickness=1)
        self.y -= 5 * mm
        self.text(MARGIN, self.y, self.statement["remittance_heading"], size=9, font=BOLD)
        for label, value in lines:
            self.y -= 4.6 * mm
            self.text(MARGIN, self.y, label, size=8.5, color=QUIET, width=34 * mm)
            self.text(MARGIN + 36 * mm, self.y, value, size=8.5, width=self.right - MARGIN - 36 * mm)

    # ------------------------------------------------------------------

    def emit(self):
        buffer = io.BytesIO()
        canvas = Canvas(buffer, (self.width, self.height), pageCompression=1, lang=self.statement["lang"])
        statement = self.statement
        canvas.setTitle(f"{statement['title']} · {statement['client_name']}")
        canvas.setAuthor(statement["brand"]["name"])
        count = len(self.pages)
        for number, strokes in enumerate(self.pages, 1):
            self.strokes = strokes
            self.rule(MARGIN + 8 * mm)
            room = self.right - MARGIN - 30 * mm
            self.text(MARGIN, MARGIN + 3.5 * mm, statement["footer"], size=7.5, color=QUIET, width=room)
            label = statement["page_label"] % {"page": number, "pages": count}
            self.text(self.right, MARGIN + 3.5 * mm, label, size=7.5, color=QUIET, align="right")
            self.paint(canvas, strokes)
            canvas.showPage()
        canvas.save()
        return buffer.getvalue()

    def paint(self, canvas, strokes):
        """Boxes and pictures first, then lines, then the text as one piece in the order in which it is read."""
        texts, lines = [], {}
        for kind, *args in strokes:
            if kind == "text":
                x, y, value, size, font, color, align = args
                if align == "right":
                    x -= text_width(value, font, size)
                texts.append((x, y, value, font, size, color))
            elif kind == "line":
                x, y, x2, y2, color, thickness = args
                lines.setdefault((color, thickness), []).append((x, y, x2, y2))
            elif kind == "box":
                x, y, width, height, color, radius = args
                canvas.setFillColor(HexColor(color))
                if radius:
                    canvas.roundRect(x, y, width, height, radius, stroke=0, fill=1)
                else:
                    canvas.rect(x, y, width, height, stroke=0, fill=1)
            else:
                x, y, width, height, image = args
                canvas.drawImage(image, x, y, width, height)
        for (color, thickness), each in lines.items():
            canvas.setStrokeColor(HexColor(color))
            canvas.setLineWidth(thickness)
            canvas.lines(each)
        written = canvas.beginText()
        face = fill = None
        for x, y, value, font, size, color in texts:
            if face != (font, size):
                written.setFont(font, size)
                face = font, size
            if fill != color:
                written.setFillColor(HexColor(color))
                fill = color
            written.setTextOrigin(round(x, 2), round(y, 2))
            written.textOut(value)
        canvas.drawText(written)
