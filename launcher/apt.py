"""Packages of the distribution, fetched and unpacked into a private folder: no root, nothing installed."""

import functools
import os
import platform
import shutil
import subprocess
import tarfile
from pathlib import Path

from . import processes
from .home import Failure

HELPER = Path("/usr/lib/apt/apt-helper")
KEYRINGS = ("debian-archive-keyring.gpg", "debian-archive-keyring.pgp")
NO_NETWORK = "check that this machine reaches its package mirror (apt-get update), then call again."


@functools.cache
def mirror():
    """:return: address and release of the archive that this machine's own apt settings name first

    :raise Failure: when this is no machine with apt, or its settings name no archive
    """
    advice = (
        "use Debian 12 or newer, or name an unpacked Odoo 19 in ODOO_PATH and install chromium with your own "
        "package manager."
    )
    if not HELPER.exists():
        raise Failure("this machine has no apt, which fetches Odoo and the browser", advice=advice)
    words = ["apt-get", "indextargets", "--no-release-info", "--format", "$(REPO_URI) $(RELEASE)"]
    for line in processes.ask(words, env=processes.clean_environment()).splitlines():
        address, _, release = line.partition(" ")
        if release and "-" not in release:
            return address.rstrip("/"), release
    raise Failure("the apt settings of this machine name no package mirror", advice=advice)


def architecture():
    return processes.ask(["dpkg", "--print-architecture"]).strip() or platform.machine()


def download(path, sha256, target, log):
    """Fetch one file of the archive by its path and proven content."""
    words = [HELPER, "-o", "APT::Sandbox::User=", "-o", "Acquire::Retries=3", "download-file"]
    address = f"{mirror()[0]}/{path}"
    processes.run([*words, address, target, f"SHA256:{sha256}"], log, f"{target.name} could not be fetched", NO_NETWORK)


def unpack(deb, folder, wanted=lambda name: True):
    """Unpack the files of a package.

    :param wanted: called with each name (``./usr/...``), says whether to keep it
    """
    words = ["dpkg-deb", "--fsys-tarfile", deb]
    with processes.start(words, stdout=subprocess.PIPE) as pipe:
        with tarfile.open(fileobj=pipe.stdout, mode="r|") as tar:
            members = (member for member in tar if wanted(member.name))
            # Packages hold absolute links; the filters of newer Pythons would refuse or warn about them.
            options = {"filter": "fully_trusted"} if hasattr(tarfile, "fully_trusted_filter") else {}
            tar.extractall(folder, members=members, **options)
    if pipe.returncode:
        raise Failure(f"{deb.name} cannot be unpacked", advice="check the free space on the disk, then call again.")


class PrivateApt:
    """An apt with its own lists and cache, which does not see, nor touch, that of the machine.

    :param str suite: the suite to read, such as ``sid``
    :param bool knows_installed: whether what the machine has installed counts as there
    """

    def __init__(self, folder, suite, log, knows_installed):
        self.folder, self.log = folder, log
        shutil.rmtree(folder, ignore_errors=True)
        for sub in ("lists/partial", "cache/archives/partial", "empty"):
            (folder / sub).mkdir(parents=True)
        installed = Path("/var/lib/dpkg/status")
        status = installed.read_text() if knows_installed and installed.exists() else ""
        (folder / "status").write_text(status)
        keyrings = [Path("/usr/share/keyrings") / name for name in KEYRINGS]
        signed = next((f"[signed-by={path}] " for path in keyrings if path.exists()), "")
        (folder / "sources.list").write_text(f"deb {signed}{mirror()[0]} {suite} main\n")
        (folder / "apt.conf").write_text(
            f'Dir::State "{folder}";\nDir::State::lists "{folder}/lists";\n'
            f'Dir::State::status "{folder}/status";\n'
            f'Dir::Cache "{folder}/cache";\nDir::Etc::sourcelist "{folder}/sources.list";\n'
            f'Dir::Etc::sourceparts "{folder}/empty";\nDir::Etc::preferences "{folder}/none";\n'
            f'Dir::Etc::preferencesparts "{folder}/empty";\nAPT::Architecture "{architecture()}";\n'
            'APT::Sandbox::User "";\nDebug::NoLocking "true";\nAcquire::Languages "none";\n'
            # Some mirrors serve a sid whose release file is past its date; the signature still counts.
            'Acquire::PDiffs "false";\nAcquire::Check-Valid-Until "false";\nAcquire::Retries "3";\n'
            'APT::Install-Recommends "false";\n'
        )
        self.env = processes.clean_environment(APT_CONFIG=folder / "apt.conf")
        self("update")

    def __call__(self, *words, what="the package lists could not be read", cwd=None):
        processes.run(["apt-get", "-q", "-y", *words], self.log, what, NO_NETWORK, self.env, cwd=cwd)

    def download(self, package, folder):
        """:return: the package file, without what it depends on"""
        self("download", package, what=f"the package {package} could not be fetched", cwd=folder)
        name = package.split("/")[0]
        return max(folder.glob(f"{name}_*.deb"), key=os.path.getmtime)

    def closure(self, *packages):
        """:return: the files of the packages and of all that they need and this machine lacks"""
        what = f"{packages[0]} could not be fetched"
        self("--download-only", "install", *packages, what=what)
        return sorted((self.folder / "cache/archives").glob("*.deb"))
