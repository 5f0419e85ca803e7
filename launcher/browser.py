"""A Chromium for journeys and PDF: the machine's own, else the distribution's headless shell, unpacked."""

import shutil

from . import apt, processes
from .home import Failure, step

NAMES = (
    "google-chrome",
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
)  # those that Odoo's tests look for
PACKAGES = ("chromium-headless-shell", "fonts-dejavu-core", "fonts-lato")
CHECK = ("--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "about:blank")
_FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
{folders}
    <cachedir>{cache}</cachedir>
</fontconfig>
"""


class Browser:
    """One executable, found on the machine or below the home's ``bin``."""

    def __init__(self, home):
        self.home = home
        self.root = home.parts / "browser"
        self.wrapper = home.bin / "chromium"

    def ensure(self):
        found = [name for name in NAMES if shutil.which(name)]
        if found or (self.wrapper.exists() and (self.root / "ready").exists()):
            return
        with step("Browser", "fetching the distribution's headless Chromium"):
            self._fetch()

    def _fetch(self):
        log = self.home.log("fetch-browser")
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir(parents=True)
        private = apt.PrivateApt(self.home.parts / "apt-browser", apt.mirror()[1], log, knows_installed=True)
        for deb in private.closure(*PACKAGES):
            apt.unpack(deb, self.root)
        shutil.rmtree(private.folder)
        self._write_wrapper()
        processes.run(
            [self.wrapper, *CHECK],
            log,
            "the fetched browser does not start",
            "install chromium with your package manager, then call again.",
            timeout_seconds=90,
        )
        (self.root / "ready").touch()

    def _write_wrapper(self):
        """The browser finds libraries and fonts through the environment, as they are in no usual place."""
        programs = [path for path in (self.root / "usr/lib/chromium").iterdir() if "headless" in path.name]
        programs = [path for path in programs if path.stat().st_mode & 0o100 and path.is_file()]
        if not programs:
            raise Failure("the fetched package holds no browser", self.home.log("fetch-browser"))
        libraries = sorted({str(path.parent) for path in self.root.rglob("*.so*")})
        fonts = [self.root, self.home.parts / "odoo", ""]
        folders = "\n".join(f"    <dir>{folder}/usr/share/fonts</dir>" for folder in fonts)
        settings = self.root / "fonts.conf"
        settings.write_text(_FONTS.format(folders=folders, cache=self.root / "fontcache"))
        self.wrapper.parent.mkdir(exist_ok=True)
        self.wrapper.write_text(
            "#!/bin/sh\n"
            f'export LD_LIBRARY_PATH="{":".join(libraries)}" FONTCONFIG_FILE="{settings}"\n'
            f'exec "{programs[0]}" "$@"\n'
        )
        self.wrapper.chmod(0o755)
