"""Draws the certificate of an erasure with reportlab. All words come ready to print."""

from reportlab.lib.units import mm
from reportlab.platypus import Spacer, Table

from .flow_pdf import Flow
from .statement_pdf import BOLD, QUIET

FACT, COUNT = 48 * mm, 24 * mm


def draw(document):
    """
    :param dict document: ``paper``, ``title``, ``subtitle``, ``facts`` (tuples of label and text), ``tables`` (dicts of
        ``title``, ``heads``, ``rows``, tuples of kind, reason and count, and ``empty``) and ``foot``
    :return: the bytes of the PDF
    """
    flow = Flow(document["paper"], leading=1.35)
    width = flow.width - 12  # what the frame of a page leaves
    paragraph, style = flow.paragraph, flow.style
    heading, plain, quiet = style("heading", 18, BOLD), style("plain", 10), style("quiet", 8.5, color=QUIET)
    part = style("part", 12, BOLD, spaceBefore=8 * mm, spaceAfter=2 * mm, keepWithNext=1)
    code = style("code", 8.5, wordWrap="CJK")
    right, head = style("right", 10, alignment=2), style("head", 8.5, BOLD, QUIET)
    head_right = style("head_right", 8.5, BOLD, QUIET, alignment=2)
    grid = flow.grid(4)
    facts = [
        [paragraph(label, quiet), paragraph(text, code if len(str(text)) > 60 else plain)]
        for label, text in document["facts"]
    ]
    story = [
        paragraph(document["title"], heading),
        paragraph(document["subtitle"], plain),
        Spacer(1, 6 * mm),
        Table(facts, colWidths=[FACT, width - FACT], style=grid),
    ]
    for table in document["tables"]:
        story.append(paragraph(table["title"], part))
        if not table["rows"]:
            story.append(paragraph(table["empty"], plain))
            continue
        rows = [[paragraph(table["heads"][0], head), paragraph(table["heads"][1], head_right)]]
        rows += [
            [
                [paragraph(kind, plain), *([paragraph(why, quiet)] if why else [])],
                paragraph(count, right),
            ]
            for kind, why, count in table["rows"]
        ]
        story.append(Table(rows, colWidths=[width - COUNT, COUNT], style=grid, repeatRows=1))
    story += [Spacer(1, 8 * mm), paragraph(document["foot"], quiet)]
    return flow.build(story, document["title"], document["subtitle"])
