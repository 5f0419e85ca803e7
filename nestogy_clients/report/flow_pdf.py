"""What documents have in common whose text flows over pages: paper, fonts, styles, lines between rows, the foot."""

import io
from html import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph, SimpleDocTemplate, TableStyle

from .statement_pdf import INK, LINE, MARGIN, QUIET, REGULAR, STAND_IN, fonts


class Flow:
    """A document in the making.

    :param str paper: ``Letter``, or anything for A4
    :param float leading: height of a line in heights of its letters
    :ivar width: of the paper between its margins, in points
    """

    def __init__(self, paper, leading):
        self.signs = fonts()
        self.paper = LETTER if paper == "Letter" else A4
        self.width = self.paper[0] - 2 * MARGIN
        self.leading = leading

    def clean(self, value):
        """A text on one line, of signs that the font has."""
        value = " ".join(str(value or "").split())
        if self.signs is None:
            value = value.encode("cp1252", "replace").decode("cp1252")
        elif not value.isascii():
            value = "".join(sign if ord(sign) in self.signs else STAND_IN for sign in value)
        return value

    def style(self, name, size, font=REGULAR, color=INK, **more):
        more = {"leading": size * self.leading} | more
        return ParagraphStyle(name, fontName=font, fontSize=size, textColor=HexColor(color), **more)

    def paragraph(self, value, style):
        return Paragraph(escape(self.clean(value)), style)

    @staticmethod
    def grid(padding):
        """Rows with a line below each.

        :param float padding: above and below the text, in points
        """
        return TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, HexColor(LINE)),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 4),
                ("TOPPADDING", (0, 0), (-1, -1), padding),
                ("BOTTOMPADDING", (0, 0), (-1, -1), padding),
            ]
        )

    def build(self, story, title, foot):
        """:return: the bytes of the PDF"""

        def draw_foot(canvas, template):
            canvas.setFont(REGULAR, 8)
            canvas.setFillColor(HexColor(QUIET))
            canvas.drawString(MARGIN, MARGIN / 2, self.clean(foot))
            canvas.drawRightString(self.paper[0] - MARGIN, MARGIN / 2, str(template.page))

        buffer = io.BytesIO()
        margins = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), MARGIN)
        template = SimpleDocTemplate(buffer, pagesize=self.paper, title=title, **margins)
        template.build(story, onFirstPage=draw_foot, onLaterPages=draw_foot)
        return buffer.getvalue()
