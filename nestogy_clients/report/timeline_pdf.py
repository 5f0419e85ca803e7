"""Draws a list of events with reportlab. All words, amounts and dates come ready to print."""

from reportlab.lib.units import mm
from reportlab.platypus import Spacer, Table

from .flow_pdf import Flow
from .statement_pdf import BOLD, QUIET

TIME, AMOUNT = 18 * mm, 30 * mm


def draw(document):
    """
    :param dict document: ``paper``, ``title``, ``subtitle``, ``notes`` (lines below it), ``days`` (dicts of ``label``
        and ``rows`` with ``time``, ``title``, ``what``, ``text`` and ``amount``), ``empty`` and ``foot``
    :return: the bytes of the PDF
    """
    flow = Flow(document["paper"], leading=1.3)
    width = flow.width
    paragraph, style = flow.paragraph, flow.style
    heading, quiet, plain = style("heading", 16, BOLD), style("quiet", 8, color=QUIET), style("plain", 9)
    day, strong = style("day", 9, BOLD, QUIET, spaceBefore=8, keepWithNext=1), style("strong", 9, BOLD)
    right = style("right", 9, alignment=2)
    story = [paragraph(document["title"], heading), paragraph(document["subtitle"], plain)]
    story += [paragraph(note, quiet) for note in document["notes"]]
    story.append(Spacer(1, 4 * mm))
    grid = flow.grid(3)
    for each in document["days"]:
        story.append(paragraph(each["label"], day))
        rows = [
            [
                paragraph(row["time"], quiet),
                [
                    paragraph(row["title"], strong),
                    *(paragraph(row[key], form) for key, form in (("what", quiet), ("text", plain)) if row[key]),
                ],
                paragraph(row["amount"], right),
            ]
            for row in each["rows"]
        ]
        story.append(Table(rows, colWidths=[TIME, width - TIME - AMOUNT, AMOUNT], style=grid))
    if not document["days"]:
        story.append(paragraph(document["empty"], plain))
    return flow.build(story, document["title"], document["foot"])
