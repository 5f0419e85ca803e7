"""Draws a list of events with reportlab. All words, amounts and dates come ready to print."""

import io
from html import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from .statement_pdf import BOLD, INK, LINE, MARGIN, QUIET, REGULAR, STAND_IN, fonts

TIME, AMOUNT = 18 * mm, 30 * mm


def draw(document):
    """
    :param dict document: ``paper``, ``title``, ``subtitle``, ``notes`` (lines below it), ``days`` (dicts of ``label``
        and ``rows`` with ``time``, ``title``, ``what``, ``text`` and ``amount``), ``empty`` and ``foot``
    :return: the bytes of the PDF
    """
    signs = fonts()
    paper = LETTER if document["paper"] == "Letter" else A4
    width = paper[0] - 2 * MARGIN

    def words(value):
        value = " ".join(str(value or "").split())
        if signs is None:
            value = value.encode("cp1252", "replace").decode("cp1252")
        elif not value.isascii():
            value = "".join(sign if ord(sign) in signs else STAND_IN for sign in value)
        return escape(value)

    def style(name, size, font=REGULAR, color=INK, **more):
        return ParagraphStyle(name, fontName=font, fontSize=size, leading=size * 1.3, textColor=HexColor(color), **more)

    heading, quiet, plain = style("heading", 16, BOLD), style("quiet", 8, color=QUIET), style("plain", 9)
    day, strong = style("day", 9, BOLD, QUIET, spaceBefore=8, keepWithNext=1), style("strong", 9, BOLD)
    right = style("right", 9, alignment=2)
    story = [Paragraph(words(document["title"]), heading), Paragraph(words(document["subtitle"]), plain)]
    story += [Paragraph(words(note), quiet) for note in document["notes"]]
    story.append(Spacer(1, 4 * mm))
    grid = TableStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, HexColor(LINE)),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 4),
            ("TOPPADDING", (0, 0), (-1, -1), 3),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ]
    )
    for each in document["days"]:
        story.append(Paragraph(words(each["label"]), day))
        rows = [
            [
                Paragraph(words(row["time"]), quiet),
                [
                    Paragraph(words(row["title"]), strong),
                    *(Paragraph(words(row[key]), form) for key, form in (("what", quiet), ("text", plain)) if row[key]),
                ],
                Paragraph(words(row["amount"]), right),
            ]
            for row in each["rows"]
        ]
        story.append(Table(rows, colWidths=[TIME, width - TIME - AMOUNT, AMOUNT], style=grid))
    if not document["days"]:
        story.append(Paragraph(words(document["empty"]), plain))

    def foot(canvas, template):
        canvas.setFont(REGULAR, 8)
        canvas.setFillColor(HexColor(QUIET))
        canvas.drawString(MARGIN, MARGIN / 2, words(document["foot"]))
        canvas.drawRightString(paper[0] - MARGIN, MARGIN / 2, str(template.page))

    buffer = io.BytesIO()
    margins = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), MARGIN)
    template = SimpleDocTemplate(buffer, pagesize=paper, title=document["title"], **margins)
    template.build(story, onFirstPage=foot, onLaterPages=foot)
    return buffer.getvalue()
