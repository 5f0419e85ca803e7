"""Draws the certificate of an erasure with reportlab. All words come ready to print."""

import io
from html import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from .statement_pdf import BOLD, INK, LINE, MARGIN, QUIET, REGULAR, STAND_IN, fonts

FACT, COUNT = 48 * mm, 24 * mm


def draw(document):
    """
    :param dict document: ``paper``, ``title``, ``subtitle``, ``facts`` (tuples of label and text), ``tables`` (dicts of
        ``title``, ``heads``, ``rows``, tuples of kind, reason and count, and ``empty``) and ``foot``
    :return: the bytes of the PDF
    """
    signs = fonts()
    paper = LETTER if document["paper"] == "Letter" else A4
    width = paper[0] - 2 * MARGIN - 12  # what the frame of a page leaves

    def plain_words(value):
        value = " ".join(str(value or "").split())
        if signs is None:
            value = value.encode("cp1252", "replace").decode("cp1252")
        elif not value.isascii():
            value = "".join(sign if ord(sign) in signs else STAND_IN for sign in value)
        return value

    def words(value):
        return escape(plain_words(value))

    def style(name, size, font=REGULAR, color=INK, **more):
        more = {"leading": size * 1.35} | more
        return ParagraphStyle(name, fontName=font, fontSize=size, textColor=HexColor(color), **more)

    heading, plain, quiet = style("heading", 18, BOLD), style("plain", 10), style("quiet", 8.5, color=QUIET)
    part = style("part", 12, BOLD, spaceBefore=8 * mm, spaceAfter=2 * mm, keepWithNext=1)
    code = style("code", 8.5, wordWrap="CJK")
    right, head = style("right", 10, alignment=2), style("head", 8.5, BOLD, QUIET)
    head_right = style("head_right", 8.5, BOLD, QUIET, alignment=2)
    grid = TableStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, HexColor(LINE)),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 4),
            ("TOPPADDING", (0, 0), (-1, -1), 4),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
        ]
    )
    facts = [
        [Paragraph(words(label), quiet), Paragraph(words(text), code if len(str(text)) > 60 else plain)]
        for label, text in document["facts"]
    ]
    story = [
        Paragraph(words(document["title"]), heading),
        Paragraph(words(document["subtitle"]), plain),
        Spacer(1, 6 * mm),
        Table(facts, colWidths=[FACT, width - FACT], style=grid),
    ]
    for table in document["tables"]:
        story.append(Paragraph(words(table["title"]), part))
        if not table["rows"]:
            story.append(Paragraph(words(table["empty"]), plain))
            continue
        rows = [[Paragraph(words(table["heads"][0]), head), Paragraph(words(table["heads"][1]), head_right)]]
        rows += [
            [
                [Paragraph(words(kind), plain), *([Paragraph(words(why), quiet)] if why else [])],
                Paragraph(words(count), right),
            ]
            for kind, why, count in table["rows"]
        ]
        story.append(Table(rows, colWidths=[width - COUNT, COUNT], style=grid, repeatRows=1))
    story += [Spacer(1, 8 * mm), Paragraph(words(document["foot"]), quiet)]

    def foot(canvas, template):
        canvas.setFont(REGULAR, 8)
        canvas.setFillColor(HexColor(QUIET))
        canvas.drawString(MARGIN, MARGIN / 2, plain_words(document["subtitle"]))
        canvas.drawRightString(paper[0] - MARGIN, MARGIN / 2, str(template.page))

    buffer = io.BytesIO()
    margins = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), MARGIN)
    template = SimpleDocTemplate(buffer, pagesize=paper, title=document["title"], **margins)
    template.build(story, onFirstPage=foot, onLaterPages=foot)
    return buffer.getvalue()
