"""The plan of the house, guarded without a database: directions, rooms, names, what no file may hold."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from launcher import addons

REPO = addons.REPO
OURS = addons.find()

# Which addons an addon may know, in imports as in `depends`.
BELOW = {
    "nestogy_clients": set(),
    "nestogy_portal": {"nestogy_clients"},
    "nestogy_tickets": {"nestogy_clients", "nestogy_portal"},
    "nestogy_connectors": {"nestogy_clients", "nestogy_portal"},
}
# Rooms of a lower addon that an upper one may import: a controller to extend, makers and browsers for tests, pure
# helpers.
OPEN_ROOMS = ("controllers", "tests.common", "tests.accessibility", "tests.crawl", "tests.fake_smtp", "const", "tools")
ROOMS = {
    *(
        "models",
        "tools",
        "controllers",
        "wizards",
        "views",
        "report",
        "security",
        "data",
        "demo",
        "static",
        "i18n",
    ),
    *("migrations", "tests", "readme"),
}
ADDON_FILES = {"__init__.py", "__manifest__.py", "hooks.py", "const.py", "README.rst", "pyproject.toml"}
TOP_LEVEL = {
    *BELOW,
    *("data", "tests", "benchmarks", "launcher", ".ci"),
    *(
        "nestogy",
        "odoo.conf",
        "conftest.py",
        "README.md",
        "LICENSE",
        "requirements.txt",
        "requirements-check.txt",
    ),
    *(
        "pyproject.toml",
        ".pylintrc",
        ".pre-commit-config.yaml",
        ".editorconfig",
        ".gitignore",
        ".gitattributes",
    ),
}
LARGEST_ROOM = 30  # files of models that stand beside each other
HOOKS = {
    "_bulk_deeds": "nestogy_clients",
    "_client_dashboard_widgets": "nestogy_clients",
    "_client_health_asks": "nestogy_clients",
    "_client_home_cards": "nestogy_clients",
    "_client_health_reasons": "nestogy_clients",
    "_client_overview_asks": "nestogy_clients",
    "_client_overview_lines": "nestogy_clients",
    "_client_quick_actions": "nestogy_clients",
    "_client_search_domains": "nestogy_clients",
    "_client_timeline_sources": "nestogy_clients",
    "_client_merge_steps": "nestogy_clients",
    "_client_delete_plan": "nestogy_clients",
    "_client_erase_refusals": "nestogy_clients",
    "_client_erase_steps": "nestogy_clients",
    "_client_export_parts": "nestogy_clients",
    "_client_touches": "nestogy_clients",
}
# Fields of ours on res.partner that everybody who may read the partner may read, portal users included.
PUBLIC_PARTNER_FIELDS = {"type"}  # core's own, which only gets another choice
WRITING_CALLS = {"create", "write", "unlink", "copy", "message_post", "toggle_active", "action_archive", "_log_opening"}
# What hands out a client's file on a GET and leaves a row in an append-only list: it changes nothing else.
AUDITED_ROUTES = {"portal_my_document_file"}
FOREIGN = re.compile(
    r"(?<![\w/.])/(?:home|root|Users|work|tmp/\w)[\w./-]*"  # a path of somebody's machine
    r"|https?://(?!127\.0\.0\.1|localhost)[\w.-]*(?:pypi|npmjs|registry|mirror|artifact|nexus|proxy)[\w.-]*"
)


def tree(path):
    return ast.parse(path.read_text(), str(path))


def python_files(addon, *rooms):
    for room in rooms or ("",):
        yield from sorted((addon.folder / room).rglob("*.py"))


def imported_modules(module):
    """:return: full names of what a syntax tree imports, `from a import b` as `a.b`"""
    names = []
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def import_findings(name, module):
    """:return: imports of other addons of ours that the plan does not allow"""
    found = []
    for full in imported_modules(module):
        match = re.match(r"(?:odoo\.addons\.)?(nestogy_\w+)\.?(.*)", full)
        if not match or match[1] == name:
            continue
        if match[1] not in BELOW[name]:
            found.append(f"{name} must not know {match[1]}")
        elif not any(match[2] == room or match[2].startswith(f"{room}.") for room in OPEN_ROOMS):
            found.append(f"{full}: upper addons may enter only {', '.join(OPEN_ROOMS)}")
    return found


def models_of(module):
    """:return: (class node, _name or None, names it inherits) for each model class"""
    for node in module.body:
        if not isinstance(node, ast.ClassDef):
            continue
        values = {}
        for line in node.body:
            if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
                try:
                    values[line.targets[0].id] = ast.literal_eval(line.value)
                except ValueError:
                    continue
        inherits = values.get("_inherit") or []
        inherits = [inherits] if isinstance(inherits, str) else list(inherits)
        if values.get("_name") or inherits:
            yield node, values.get("_name"), inherits


def is_kind(node, kind):
    return any(isinstance(base, ast.Attribute) and base.attr == kind for base in node.bases)


def file_name_findings(path, module):
    """:return: what keeps a file of models from bearing the name of its one noun"""
    nouns = [name or inherits[0] for _node, name, inherits in models_of(module)]
    if not nouns:
        return []
    if path.parent.name == "wizards":  # the lines of a question stand beside it
        nouns = [noun for noun in nouns if not noun.startswith(f"{nouns[0]}.")]
    if len(set(nouns)) > 1:
        return [f"{path.name} holds several nouns: {', '.join(nouns)}"]
    stem = nouns[0].replace(".", "_")
    return [] if path.stem == stem or path.stem.startswith(f"{stem}_") else [f"{path.name} should be {stem}.py"]


def field_calls(node):
    """:return: (name, call) for each field that a class defines"""
    for line in node.body:
        if not isinstance(line, ast.Assign) or not isinstance(line.value, ast.Call):
            continue
        function = line.value.func
        if isinstance(function, ast.Attribute) and getattr(function.value, "id", "") == "fields":
            yield line.targets[0].id, line.value


def partner_fields(module):
    """:return: names of the fields that a module adds to res.partner, with whether they have groups"""
    for node, name, inherits in models_of(module):
        if "res.partner" not in inherits or name not in (None, "res.partner"):
            continue
        for field, call in field_calls(node):
            words = {keyword.arg for keyword in call.keywords}
            yield field, "groups" in words


def sudo_findings(text):
    """:return: numbers of the lines that use sudo without a word why, in the statement or on a line above it"""
    lines, found = text.splitlines(), []
    heads = {}  # number of a line: first and last line of the smallest statement, or head of a block, around it
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef | ast.ClassDef):
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if body else node.end_lineno
            for number in range(node.lineno, last + 1):
                first, known = heads.get(number, (0, last + 1))
                if last - node.lineno < known - first:
                    heads[number] = (node.lineno, last)
    for number, line in enumerate(lines, 1):
        if re.search(r"\.sudo\((?!\s*(False|flag=False))", line.partition("#")[0]):
            first, last = heads.get(number, (number, number))
            above = lines[first - 2].strip() if first > 1 else ""
            if not above.startswith("#") and not any("# " in each for each in lines[first - 1 : last]):
                found.append(number)
    return found


def route_findings(module):
    """:return: routes that a GET reaches, and that write without asking how they were called"""
    found = []
    for node in ast.walk(module):
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            if not isinstance(decorator, ast.Call):
                continue
            function = decorator.func
            if (getattr(function, "attr", "") or getattr(function, "id", "")) != "route":
                continue
            words = {keyword.arg: keyword.value for keyword in decorator.keywords}
            kind = getattr(words.get("type"), "value", "http")
            methods = words.get("methods")
            allowed = ast.literal_eval(methods) if methods is not None else ["GET", "POST"]
            if kind != "http" or "GET" not in allowed or not (decorator.args or "route" in words):
                continue
            source = ast.unparse(node)
            calls = {
                n.func.attr for n in ast.walk(node) if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
            }
            if node.name in AUDITED_ROUTES:
                calls.discard("_log_opening")
            if calls & WRITING_CALLS and "httprequest.method" not in source:
                found.append(f"{node.name} calls {', '.join(sorted(calls & WRITING_CALLS))} on a GET")
    return found


def access_models(addon):
    """:return: the models of ours that have a line of access, as they stand in the file"""
    lines = (addon.folder / "security/ir.model.access.csv").read_text().splitlines()[1:]
    return {match[1] for line in lines if (match := re.search(r"\bmodel_(\w+)", line))}


def each(*rooms):
    """One test case for each Python file of the named rooms."""
    found = [(addon, path) for addon in OURS.values() for path in python_files(addon, *rooms)]
    names = [str(path.relative_to(REPO)) for _addon, path in found]
    return pytest.mark.parametrize(("addon", "path"), found, ids=names)


each_addon = pytest.mark.parametrize("addon", OURS.values(), ids=OURS)


def test_there_are_addons():
    assert set(OURS) <= set(BELOW)
    assert "nestogy_clients" in OURS


@each_addon
def test_dependencies_point_down(addon):
    above = {name for name in addon.depends if name.startswith("nestogy_")} - BELOW[addon.name]
    assert not above


@each()
def test_imports_point_down_into_open_rooms(addon, path):
    assert import_findings(addon.name, tree(path)) == []


@each("tools")
def test_tools_do_not_import_odoo(addon, path):
    assert [name for name in imported_modules(tree(path)) if name.split(".")[0] == "odoo"] == []


@each_addon
def test_an_addon_has_only_the_known_rooms(addon):
    found = {path.name for path in addon.folder.iterdir() if path.name[0] != "." and path.name != "__pycache__"}
    assert found <= ROOMS | ADDON_FILES


@each_addon
def test_models_are_grouped_by_subject(addon):
    models = addon.folder / "models"
    for folder in (models, *(path for path in models.rglob("*") if path.is_dir())):
        files = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert len(files) <= LARGEST_ROOM, f"{folder.name} holds {len(files)} files: split it by subject"


@each("models", "wizards")
def test_a_file_bears_the_name_of_its_noun(addon, path):
    assert file_name_findings(path, tree(path)) == []


@each_addon
def test_each_model_has_access_lines(addon):
    known = access_models(addon)
    for path in python_files(addon, "models", "wizards", "report"):
        for node, name, _inherits in models_of(tree(path)):
            if name and name.startswith("nestogy.") and not is_kind(node, "AbstractModel"):
                assert name.replace(".", "_") in known, f"{name} has no line in ir.model.access.csv"


@each_addon
def test_fields_on_partners_are_kept_from_portal_users(addon):
    for path in python_files(addon, "models"):
        open_fields = {field for field, has_groups in partner_fields(tree(path)) if not has_groups}
        assert open_fields <= PUBLIC_PARTNER_FIELDS, path.name


@each("models", "controllers", "wizards", "report")
def test_each_sudo_says_why(addon, path):
    assert sudo_findings(path.read_text()) == []


@each("controllers")
def test_a_get_changes_nothing(addon, path):
    assert route_findings(tree(path)) == []


@each("models")
def test_hooks_are_declared_where_the_noun_lives(addon, path):
    for node, _name, inherits in models_of(tree(path)):
        for method in node.body:
            if not isinstance(method, ast.FunctionDef) or method.name not in HOOKS or "res.partner" not in inherits:
                continue
            is_declaration = "super()" not in ast.unparse(method)
            assert not is_declaration or addon.name == HOOKS[method.name], f"{method.name} forgets super()"


def committed_files():
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(words, cwd=REPO, capture_output=True, text=True, check=False)
    return [REPO / line for line in done.stdout.splitlines()]


def test_the_top_level_holds_only_what_the_plan_names():
    found = {path.relative_to(REPO).parts[0] for path in committed_files()}
    assert found <= TOP_LEVEL


def test_no_file_names_somebodys_machine():
    found = []
    for path in committed_files():
        if path.suffix in (
            ".py",
            ".txt",
            ".toml",
            ".conf",
            ".md",
            ".rst",
            ".xml",
            ".csv",
            ".js",
            ".yaml",
            "",
        ):
            if path == Path(__file__) or not path.is_file():
                continue
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                if match := FOREIGN.search(line):
                    found.append(f"{path.relative_to(REPO)}:{number}: {match[0]}")
    assert found == []


# The guards themselves: each finds a planted fault.


def test_guards_find_imports_that_point_up():
    module = ast.parse("from odoo.addons.nestogy_tickets.tools import clock")
    assert import_findings("nestogy_clients", module)
    assert import_findings("nestogy_portal", ast.parse("from odoo.addons.nestogy_clients.models import res_partner"))
    assert not import_findings("nestogy_portal", ast.parse("from odoo.addons.nestogy_clients.tools import phones"))


def test_guards_find_files_with_a_wrong_name():
    source = "class A(models.Model):\n    _name = 'nestogy.client.log'\n"
    assert file_name_findings(Path("log.py"), ast.parse(source))
    assert not file_name_findings(Path("nestogy_client_log.py"), ast.parse(source))
    assert file_name_findings(Path("nestogy_client_log.py"), ast.parse(source + source.replace("log", "note")))


def test_guards_find_partner_fields_without_groups():
    source = "class P(models.Model):\n    _inherit = 'res.partner'\n    secret = fields.Char()\n"
    assert list(partner_fields(ast.parse(source))) == [("secret", False)]
    assert list(partner_fields(ast.parse(source.replace("()", "(groups='x')")))) == [("secret", True)]


def test_guards_find_sudo_without_a_reason():
    assert sudo_findings("a = b.sudo()\nc = b.sudo()  # clients may not read it\nd = b.sudo(False)") == [1]
    assert sudo_findings(
        "# providers are not theirs\na = (\n    b.sudo()\n)\nfor c in (\n    b.sudo()\n):\n    c()"
    ) == [6]


def test_guards_find_routes_that_write_on_a_get():
    source = "class C:\n    @route('/x', type='http')\n    def x(self):\n        request.env['a'].create({})\n"
    assert route_findings(ast.parse(source))
    assert not route_findings(ast.parse(source.replace("type=", "methods=['POST'], type=")))


def test_guards_let_audited_routes_write_their_row_and_nothing_else():
    source = "class C:\n    @route('/x')\n    def portal_my_document_file(self):\n        self.env['a']._log_opening(1)"
    assert not route_findings(ast.parse(source))
    assert route_findings(ast.parse(source.replace("portal_my_document_file", "other")))
    assert route_findings(ast.parse(source.replace("_opening(1)", "_opening(1).write({})")))


def test_guards_find_foreign_words():
    slash = "/"
    assert FOREIGN.search(f"see {slash}home{slash}jane{slash}x")
    assert FOREIGN.search(f"https:{slash}{slash}pypi.example.com/simple")
    assert not FOREIGN.search("route('/my/home') and https://github.com/nestogy")
