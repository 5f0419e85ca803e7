"""How an addon has to look, told without running it: its manifest, its files, its XML."""

import collections
import re
import xml.etree.ElementTree
import xml.parsers.expat

from .home import REPO

AUTHOR = "Nestogy"
LICENSE = "AGPL-3"
VERSION = re.compile(r"19\.0\.\d+\.\d+\.\d+")
DATA_FOLDERS = ("security", "data", "views", "wizards", "report", "demo")
NEEDED_FILES = ("__init__.py", "README.rst", "pyproject.toml", "static/description/icon.png")
NEEDED_KEYS = ("name", "summary", "version", "category", "author", "website", "license", "depends")
INDENT = 4
DEFINING_TAGS = {"record", "template", "menuitem", "report", "act_window"}


def shown(path):
    return path.relative_to(REPO) if path.is_relative_to(REPO) else path


def manifest_findings(addon):
    """:return: what is wrong with the manifest and the files it names"""
    manifest, where = addon.manifest, shown(addon.folder / "__manifest__.py")
    findings = [f"{where}: {key} is missing" for key in NEEDED_KEYS if not manifest.get(key)]
    if AUTHOR not in manifest.get("author", ""):
        findings.append(f"{where}: the author is not {AUTHOR}")
    if manifest.get("license") != LICENSE:
        findings.append(f"{where}: the license is not {LICENSE}")
    if not VERSION.fullmatch(manifest.get("version", "")):
        findings.append(f"{where}: the version is not of the form 19.0.x.y.z")
    if not manifest.get("website", "").startswith("https://"):
        findings.append(f"{where}: the website is no https address")
    listed = [*manifest.get("data", []), *manifest.get("demo", [])]
    findings += [
        f"{where}: {name} is listed but does not exist" for name in listed if not (addon.folder / name).is_file()
    ]
    findings += [f"{where}: {name} is listed twice" for name, n in collections.Counter(listed).items() if n > 1]
    for folder in DATA_FOLDERS:
        for path in sorted((addon.folder / folder).glob("**/*")):
            name = str(path.relative_to(addon.folder))
            # what stands in a folder of files is read by a data file
            if path.suffix in (".xml", ".csv") and name not in listed and path.parent.name != "files":
                findings.append(f"{shown(path)}: not listed in the manifest")
    findings += [
        f"{shown(addon.folder / name)}: missing" for name in NEEDED_FILES if not (addon.folder / name).is_file()
    ]
    project = addon.folder / "pyproject.toml"
    if project.is_file() and 'build-backend = "whool.buildapi"' not in project.read_text():
        findings.append(f"{shown(project)}: does not build with whool")
    return findings


def indentation_findings(text):
    """:return: (line, message) for each element that starts a line elsewhere than its depth says

    Inside of HTML that is content, such as the body of a mail, spaces are the author's own.
    """
    found, lines = [], text.splitlines()
    depth, content_depth = 0, None
    parser = xml.parsers.expat.ParserCreate()

    def check(level):
        number, column = parser.CurrentLineNumber, parser.CurrentColumnNumber
        if content_depth is not None and level > content_depth:
            return
        if not lines[number - 1][:column].strip() and column != INDENT * level:
            found.append((number, f"indented by {column} instead of {INDENT * level} spaces"))

    def start(_tag, attributes):
        nonlocal depth, content_depth
        check(depth)
        if content_depth is None and attributes.get("type") == "html":
            content_depth = depth
        depth += 1

    def end(_tag):
        nonlocal depth, content_depth
        depth -= 1
        if depth == content_depth:
            content_depth = None
        if lines[parser.CurrentLineNumber - 1].lstrip().startswith("</"):
            check(depth)

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(text.encode(), True)
    return found


def xml_findings(addon):
    """:return: what is wrong with the XML files of an addon"""
    findings, places = [], collections.defaultdict(list)
    for path in sorted(addon.folder.rglob("*.xml")):
        where, text = shown(path), path.read_text()
        try:
            root = xml.etree.ElementTree.fromstring(text)
            wrong = indentation_findings(text)
        except (xml.etree.ElementTree.ParseError, xml.parsers.expat.ExpatError) as error:
            findings.append(f"{where}: not well-formed: {error}")
            continue
        if "\t" in text:
            findings.append(f"{where}: contains a tab")
        findings += [f"{where}:{number}: {message}" for number, message in wrong]
        is_static = path.relative_to(addon.folder).parts[0] == "static"
        expected = "templates" if is_static else "odoo"
        if root.tag != expected:
            findings.append(f"{where}: the root is <{root.tag}>, not <{expected}>")
        if is_static:
            continue
        for element in root.iter():
            name = element.get("id")
            if element.tag not in DEFINING_TAGS or not name:
                continue
            if name.startswith(f"{addon.name}."):
                findings.append(f"{where}: the id {name} repeats the name of its own addon")
            elif "demo" in path.relative_to(addon.folder).parts:
                continue  # demo records are told in steps, as a person would make them
            elif "." not in name:  # with a dot it changes a record of another addon, which any file may do
                places[name].append(where)
    for name, files in places.items():
        if len(files) > 1:
            findings.append(f"{files[-1]}: the id {name} is defined {len(files)} times")
    return findings
