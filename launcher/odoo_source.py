"""Odoo 19 itself: the one that ``ODOO_PATH`` names, else the distribution's package in a private folder."""

import os
import re
import shutil
from pathlib import Path

from . import apt
from .home import Failure, digest, say, step

# Path in the archive, and SHA-256. Odoo is in sid only; the others are versions that stay with a release.
PACKAGES = {
    "pool/main/o/odoo/odoo-19_19.0.0+dfsg-1_all.deb": (
        "9d2f598b0555db17e291d48ed24df184c70823c053c4c5ed53c467ca7f629bbf"
    ),
    "pool/main/f/fonts-montserrat/fonts-montserrat_7.222-3_all.deb": (
        "a81478bf74ed431d488f5954ba8bece10b17bdfafc24590a7048b283dcbd40f1"
    ),
    "pool/main/f/fonts-roboto/fonts-roboto-unhinted_0~20170802-3_all.deb": (
        "f89cf7d8a589489daecf750031ec50456ab3e648d49ff544f0f08753268fbd91"
    ),
    "pool/main/f/fonts-inconsolata/fonts-inconsolata_001.010-6_all.deb": (
        "bb5015c631cd47aa7d9d6e0ecd101f0e1234300f935e7719ea32ed9b640f0ac4"
    ),
    "pool/main/f/fonts-ocr-b/fonts-ocr-b_0.3~dfsg1-1_all.deb": (
        "56e6a6bfe5d77bbb4f0a6964ce1f8ed3679d7c1a138064bcaf6cc3480c3628f3"
    ),
    "pool/main/f/fonts-font-awesome/fonts-font-awesome_5.0.10+really4.7.0~dfsg-4.1_all.deb": (
        "5f09e1adce26d59628a239c538882d53e58978b958233864fc617be9a510018e"
    ),
    "pool/main/n/node-jquery/libjs-jquery_3.6.1+dfsg+~3.5.14-1_all.deb": (
        "a58c9ff6afe96c769cb6535754c909410760e4efa1e1540236194e489adcfb25"
    ),
    "pool/main/j/jquery-goodies/libjs-jquery-form_12-4_all.deb": (
        "fbfeedcd3eaf519b3cdcc88e93a1c79f6775da71657bac763f1430fe66e8a1da"
    ),
    "pool/main/u/underscore/libjs-underscore_1.13.4~dfsg+~1.11.4-3_all.deb": (
        "4a0fbc90e7f62ea50c4ac7453352721fa60bb5eac87e9f39a027908faff29015"
    ),
}
LANGUAGES = ("de", "es", "fr", "it", "nl", "pt", "pt_BR")  # all of them would be 900 MB more
_SKIPPED = re.compile(
    r"\./usr/lib/python3/dist-packages/(addons|setup|doc)(/|$)"  # a second, incomplete copy; scripts; manuals
    rf"|.*/i18n(_extra)?/(?!({'|'.join(LANGUAGES)})\.po$)[^/]+\.po$"
)
# The distribution leaves out the library that blurs the background of video calls; without a stand-in of that
# name the browser reports an error on every page.
_STAND_IN = """\
/* Stand-in for a library that the distribution leaves out: video calls work, without a blurred background. */
window.SelfieSegmentation = class {
    setOptions() {}
    onResults() {}
    reset() {}
    async initialize() {}
    async send() {}
    async close() {}
};
"""


class OdooSource:
    """Where Odoo's code lies.

    ``site`` is the folder that holds the package ``odoo``; ``addons`` are further addons folders beside those
    within ``odoo/addons``.
    """

    def __init__(self, home):
        self.home = home
        given = os.environ.get("ODOO_PATH")
        self.given = Path(given).absolute() if given else None
        self.root = home.parts / "odoo"
        self.site = self.given or self.root / "usr/lib/python3/dist-packages"
        self.stamp = self.root / ("ready-" + digest(*PACKAGES.values(), *LANGUAGES)[:12])

    @property
    def addons(self):
        beside = self.site / "addons"
        return [beside] if self.given and beside.is_dir() else []

    @property
    def identity(self):
        """A text that changes when this is another Odoo."""
        if self.given:
            return f"{self.given} {(self.site / 'odoo/release.py').read_text()}"
        return self.stamp.name

    def ensure(self):
        if self.given:
            release = self.site / "odoo/release.py"
            if not release.exists() or not re.search(r"version_info = \(19, 0", release.read_text()):
                raise Failure(
                    f"ODOO_PATH names {self.given}, which is no Odoo 19",
                    advice="name the folder that holds odoo/release.py of an Odoo 19, or unset ODOO_PATH.",
                )
        elif not self.stamp.exists():
            with step("Odoo 19", "fetching the distribution's package (130 MB)"):
                self._fetch()

    def _fetch(self):
        log = self.home.log("fetch-odoo")
        part, debs = self.home.parts / "odoo.part", self.home.parts / "debs"
        for folder in (part, debs):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        for path, sha256 in PACKAGES.items():
            deb = debs / path.rsplit("/", 1)[1]
            try:
                apt.download(path, sha256, deb, log)
            except Failure:
                deb = self._newest(deb.name.split("_")[0], debs, log)
            apt.unpack(deb, part, lambda name: not _SKIPPED.match(name))
            deb.unlink()
        site = part / self.site.relative_to(self.root)
        broken = [str(path) for path in site.rglob("*") if path.is_symlink() and not path.exists()]
        if broken:
            raise Failure(f"the unpacked Odoo lacks files that it links to: {', '.join(broken[:3])}", log)
        self._mend(site)
        (part / self.stamp.name).touch()
        shutil.rmtree(self.root, ignore_errors=True)
        part.rename(self.root)
        shutil.rmtree(debs)

    def _newest(self, package, folder, log):
        say(f"Odoo 19: the known version of {package} has left the mirror, taking the present one")
        private = apt.PrivateApt(self.home.parts / "apt-odoo", "sid", log, knows_installed=False)
        return private.download(f"{package}/sid", folder)

    @staticmethod
    def _mend(site):
        """Put right what keeps the package from living in an environment of its own."""
        stand_in = site / "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"
        if not stand_in.exists():
            stand_in.parent.mkdir(parents=True, exist_ok=True)
            stand_in.write_text(_STAND_IN)
        # The package asks for the sources of two libraries, which pip would build; wheels have other names.
        metadata = next(site.glob("odoo-19*.egg-info")) / "PKG-INFO"
        text = metadata.read_text()
        for source, wheel in (("psycopg2", "psycopg2-binary"), ("PyPDF2", "pypdf")):
            text = re.sub(rf"(?m)^Requires-Dist: {source}\b.*$", f"Requires-Dist: {wheel}", text)
        metadata.write_text(text)
