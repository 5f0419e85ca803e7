"""What our addons say about themselves: found by their manifests, read without running them."""

import ast
import hashlib
from functools import cached_property

from .home import REPO

# Needed by the demo firm and the tests, and by no addon: payments that a test provider makes.
EXTRA_MODULES = ("payment_demo",)
PREFIX = "nestogy_"


class Addon:
    """One addon folder."""

    def __init__(self, folder):
        self.folder = folder
        self.name = folder.name

    @cached_property
    def manifest(self):
        return ast.literal_eval((self.folder / "__manifest__.py").read_text())

    @property
    def depends(self):
        return self.manifest.get("depends", ["base"])

    def fingerprint(self, with_demo):
        """A digest of the files that a database is built from; tests and translations are none of them."""
        skip = {"tests", "__pycache__", "i18n", "readme"} | (set() if with_demo else {"demo"})
        total = hashlib.sha256()
        for path in sorted(self.folder.rglob("*")):
            inner = path.relative_to(self.folder)
            if not skip.isdisjoint(inner.parts) or not path.is_file() or inner.parts[:2] == ("static", "description"):
                continue
            total.update(f"{inner}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
        return total.hexdigest()[:16]


def find(folder=REPO):
    """:return: our addons by name, each after those it depends on"""
    found = {path.parent.name: Addon(path.parent) for path in sorted(folder.glob(f"{PREFIX}*/__manifest__.py"))}
    ordered = {}

    def place(name):
        if name in found and name not in ordered:
            addon = found[name]
            for below in addon.depends:
                place(below)
            ordered[name] = addon

    for name in found:
        place(name)
    return ordered


def closure(names, ours):
    """:return: the named addons and those of ours below them, in the order of ``ours``"""
    wanted = set()
    queue = list(names)
    while queue:
        name = queue.pop()
        if name in ours and name not in wanted:
            wanted.add(name)
            queue += ours[name].depends
    return {name: addon for name, addon in ours.items() if name in wanted}


def core_modules(ours):
    """:return: names of the modules from elsewhere that ours build on"""
    wanted = {name for addon in ours.values() for name in addon.depends if not name.startswith(PREFIX)}
    return sorted(wanted | set(EXTRA_MODULES))
