"""The lint is silent about a sound standard, and each of its rules is heard about a broken one."""

# ruff: noqa: E501 - a seed a line reads best

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sbw_validator import Standard, load_standard
from sbw_validator.lint import EARLY, LATE, lint

ROOT = Path(__file__).parents[2]
Edit = Callable[[Path], None]


def replace(file: str, old: str, new: str) -> Edit:
    """Return an edit that replaces a text in a file, once."""

    def edit(folder: Path) -> None:
        path = folder / file
        content = path.read_text(encoding="utf-8")
        assert old in content
        path.write_text(content.replace(old, new, 1), encoding="utf-8")

    return edit


def change(file: str, pointer: str, value: Any = None, *, drop: bool = False) -> Edit:
    """Return an edit that sets or drops a member of a JSON file."""

    def edit(folder: Path) -> None:
        path = folder / file
        whole = json.loads(path.read_bytes())
        place, parts = whole, pointer.split("/")[1:]
        for part in parts[:-1]:
            place = place[part]
        last: Any = int(parts[-1]) if isinstance(place, list) else parts[-1]
        if drop:
            del place[last]
        else:
            place[last] = value
        path.write_text(json.dumps(whole), encoding="utf-8")

    return edit


def add(file: str, content: str) -> Edit:
    """Return an edit that writes a file."""

    def edit(folder: Path) -> None:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(content, encoding="utf-8")

    return edit


def remove(file: str) -> Edit:
    """Return an edit that removes a file or a folder."""

    def edit(folder: Path) -> None:
        path = folder / file
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()

    return edit


def both(*edits: Edit) -> Edit:
    """Return an edit that makes several."""

    def edit(folder: Path) -> None:
        for each in edits:
            each(folder)

    return edit


CORE, CONTACTS, INDEX = "spec/draft/core.md", "spec/draft/contacts.md", "spec/draft/index.md"
CLASSES, REGISTRY = "spec/draft/classes.yaml", "schemas/draft/resources.yaml"
CONTACT, COMMON = "schemas/draft/contact.json", "schemas/draft/common"
EXAMPLES, OPENAPI_FOLDER = "schemas/draft/examples", "schemas/draft/openapi"
OPENAPI = f"{OPENAPI_FOLDER}/contacts.yaml"
LINE, PHONE = f"{COMMON}/line.json", f"{COMMON}/phone.json"
NUMBER = "/properties/number/pattern"
C9 = "- **C9** (provider, P3) A contact MUST exist."

SEEDS: list[tuple[str, Edit, str, str]] = [
    ("requirement-form", replace(CORE, "(provider, P2) The", "(provider) The"), "core.md", "is not a requirement"),
    ("requirement-form", replace(CORE, "CORE-078** (provider", "CORE-078** (vendor"), "core.md", "is bound to vendor"),
    ("requirement-form", replace(CORE, "[attested]", "[believed]"), "core.md", "has the mark"),
    ("requirement-form", replace(CONTACTS, "MUST accept and keep", "accepts and keeps"), "contacts.md", "has 0 keywords"),
    ("requirement-form", replace(CONTACTS, "MUST accept and keep", "MUST accept and MUST keep"), "contacts.md", "has 2"),
    ("requirement-id", replace(CONTACTS, "CONTACTS-003", "CORE-001"), "core.md", "CORE-001 stands in contacts.md"),
    ("requirement-id", replace(CONTACTS, "- **C2**", "- **C1** (withdrawn) Gone.\n- **C2**"), "contacts.md", "C1 stands"),
    ("requirement-named", replace(CLASSES, "page: CORE-073", "page: CORE-999"), "classes.yaml", "answer page names"),
    ("requirement-named", replace(CLASSES, "CONTACTS-001", "CONTACTS-009"), "classes.yaml", "class contacts names"),
    ("requirement-named", replace(CONTACTS, "**C1**", "**C9**"), "classes.yaml", "rule C1 names"),
    ("keyword-case", replace(CORE, "Cursors are opaque", "Cursors must be opaque"), "core.md", "'must' is no keyword"),
    ("keyword-case", replace(INDEX, "An id is never", "An id should never be"), "index.md", "'should' is no keyword"),
    ("keyword-place", replace(CORE, "Cursors are opaque", "Cursors MUST be opaque"), "core.md", "outside a requirement"),
    ("schema-id", change(LINE, "/$id", "https://example.com/line.json"), "common/line.json", "$id is"),
    ("schema-id", change(LINE, "/$schema", "http://json-schema.org/schema#"), "common/line.json", "$schema is"),
    ("schema-id", change("schemas/draft/vocabulary.json", "/$id", "x"), "vocabulary.json", "$id is"),
    ("schema-form", change(LINE, "/maxLength", "250"), "common/line.json", "is not of type"),
    ("schema-form", change(LINE, "/maxLenght", 250), "common/line.json", "'maxLenght' is not among"),
    ("schema-form", add(LINE, "{"), "common/line.json", "is not JSON"),
    ("schema-form", add(LINE, "[]"), "common/line.json", "is not a schema"),
    ("reference", change(CONTACT, "/properties/name/$ref", "common/nmae.json"), "contact.json", "leads to no file"),
    ("reference", change(CONTACT, "/properties/name/$ref", "https://example.com/a"), "contact.json", "leads to no file"),
    ("pattern", change(PHONE, NUMBER, "[0-9]+"), "common/phone.json", "is not anchored"),
    ("pattern", change(PHONE, NUMBER, "^[+]|[0-9]+$"), "common/phone.json", "is not anchored"),
    ("pattern", change(PHONE, NUMBER, "^(?!0)[0-9]+$"), "common/phone.json", "has a look-around"),
    ("pattern", change(PHONE, NUMBER, "^([0-9])\\1$"), "common/phone.json", "has a back-reference"),
    ("pattern", change(PHONE, NUMBER, "^\\d+$"), "common/phone.json", "has a class or an anchor"),
    ("pattern", change(PHONE, NUMBER, "^\\p{L}+$"), "common/phone.json", "has a class or an anchor"),
    ("pattern", change(PHONE, NUMBER, "^.+$"), "common/phone.json", "has a bare dot"),
    ("format", change(LINE, "/format", "email"), "common/line.json", 'the format "email" is not used'),
    ("format", change(f"{COMMON}/timestamp.json", "/pattern", drop=True), "common/timestamp.json", "no pattern beside"),
    ("vocabulary", change(LINE, "/x-colour", "blue"), "common/line.json", "x-colour is not declared"),
    ("vocabulary", change(LINE, "/x-same-value", "words"), "common/line.json", 'x-same-value is "words"'),
    ("classification", change(PHONE, "/properties/raw/x-data-classification", drop=True), "common/phone.json", "'raw'"),
    ("classification", change(f"{COMMON}/page.json", "/properties/items/x-data-classification", drop=True), "common/page.json", "'items'"),
    ("classification", change(f"{COMMON}/envelope.json", "/properties/type/x-data-classification", drop=True), "contact.json", "'type'"),
    ("schema-example", change(LINE, "/examples", drop=True), "common/line.json", "there is no example"),
    ("schema-example", change(LINE, "/examples/0", ""), "common/line.json", 'the example "" is not valid'),
    ("schema-example", change(PHONE, "/properties/number/examples/0", "1"), "common/phone.json", 'the example "1"'),
    ("example-folder", remove(f"{EXAMPLES}/page/invalid"), "examples/page/invalid", "page has no invalid example"),
    ("example-folder", add(f"{EXAMPLES}/person/valid/a.json", "{}"), "examples/person", "neither a resource"),
    ("example-name", add(f"{EXAMPLES}/page/valid/Page.json", '{"items": []}'), "examples/page/valid/Page.json", "another form"),
    ("example-name", add(f"{EXAMPLES}/page/invalid/empty.json", "{}"), "examples/page/invalid/empty.json", "another form"),
    ("example-name", add(f"{EXAMPLES}/page/invalid/CORE-999.json", "{}"), "examples/page/invalid/CORE-999.json", "no requirement CORE-999"),
    ("example-verdict", add(f"{EXAMPLES}/page/valid/none.json", "{}"), "examples/page/valid/none.json", "it breaks CORE-073"),
    ("example-verdict", add(f"{EXAMPLES}/page/invalid/CORE-073-x.json", '{"items": []}'), "examples/page/invalid/CORE-073-x.json", "does not break CORE-073"),
    ("example-verdict", add(f"{EXAMPLES}/page/invalid/CORE-050-x.json", "{}"), "examples/page/invalid/CORE-050-x.json", "it breaks CORE-073"),
    ("example-verdict", add(f"{EXAMPLES}/page/valid/twice.json", '{"items": [], "items": []}'), "examples/page/valid/twice.json", "has the member"),
    ("registry-class", replace(CLASSES, "[contact, organization]", "[contact, organization, deal]"), "classes.yaml", "names 'deal'"),
    ("registry-class", replace(CLASSES, "[contact, organization]", "[contact]"), "resources.yaml", "does not name it"),
    ("registry-shape", replace(REGISTRY, "[list, create, read", "[list, create"), "resources.yaml", "a collection does not have"),
    ("registry-shape", replace(REGISTRY, ", delete, upsert]", "]"), "resources.yaml", "has no operation delete"),
    ("registry-shape", replace(REGISTRY, "disposal: delete\n", "disposal: restore\n"), "resources.yaml", "restore and singleton"),
    ("registry-shape", replace(REGISTRY, "  minimal: {name: {given: Ada, family: Lovelace}}\n", ""), "resources.yaml", "`minimal` go together"),
    ("registry-shape", replace(REGISTRY, "  change: {pointer: /name/given, values: [Grace, Katherine]}\n", ""), "resources.yaml", "needs a `change`"),
    ("registry-file", replace(REGISTRY, "schema: contact.json", "schema: person.json"), "resources.yaml", "no file person.json"),
    ("registry-file", replace(CLASSES, "page: CORE-073", "leaf: CORE-073"), "classes.yaml", "no file common/leaf.json"),
    ("registry-shape", both(replace(REGISTRY, "read, update, delete, upsert]", "read]"), replace(REGISTRY, "disposal: delete", "disposal: transition:void")), "resources.yaml", "has no operation update"),
    ("registry-shape", replace(REGISTRY, "read, update, delete, upsert]", "read, delete, upsert]"), "resources.yaml", "an upsert creates and updates"),
    ("registry-schema", replace(REGISTRY, "schema: contact.json", "schema: business.json"), "resources.yaml", 'is for the type "business"'),
    ("registry-pointer", replace(REGISTRY, 'subject: [""]', "subject: [/person]"), "resources.yaml", 'subject: "/person"'),
    ("registry-pointer", replace(REGISTRY, "unique: [/key]", "unique: [/name]"), "resources.yaml", 'unique: "/name"'),
    ("registry-pointer", replace(REGISTRY, "/emails/*/address", "/emails/*/adress"), "resources.yaml", "selectors:"),
    ("registry-pointer", replace(REGISTRY, '"/organizations/*/ref":', '"/organizations/*/to":'), "resources.yaml", "refs:"),
    ("registry-reference", replace(REGISTRY, "  refs: {/parent: {type: organization, on_delete: release}}\n", ""), "resources.yaml", 'has no reference "/parent"'),
    ("registry-reference", replace(REGISTRY, '"/organizations/*/ref":', '"/organizations/*/title":'), "resources.yaml", 'contact.json has no reference "/organizations/*/title"'),
    ("registry-reference", replace(REGISTRY, "{type: organization, on", "{type: contact, on"), "resources.yaml", "by `refs` for contact"),
    ("registry-reference", both(replace(REGISTRY, "on_delete: release", "on_delete: restrict"), replace(REGISTRY, "after: [contact]", "after: []")), "resources.yaml", "contact keeps it from being deleted"),
    ("registry-selector", replace(REGISTRY, "selectors: {email:", "selectors: {limit:"), "resources.yaml", "name of another parameter"),
    ("registry-selector", replace(REGISTRY, "/emails/*/address", "/emails"), "resources.yaml", "does not lead to a text"),
    ("registry-selector", replace(REGISTRY, "operations: [read]", "operations: [read]\n  selectors: {name: /name}"), "resources.yaml", "no operation list"),
    ("floor", change(LINE, "/x-floor/max_length", 251), "common/line.json", "above maxLength 250"),
    ("floor", change(CONTACT, "/properties/emails/x-floor/max_items", 101), "contact.json", "above maxItems 100"),
    ("vocabulary", change(LINE, "/x-floor/max_length", "50"), "common/line.json", "x-floor is"),
    ("closed-object", change(CONTACT, "/properties/photo/unevaluatedProperties", drop=True), "contact.json", 'the object at "/photo"'),
    ("closed-object", change(CONTACT, "/properties/organizations/items/unevaluatedProperties", drop=True), "contact.json", 'the object at "/organizations/*"'),
    ("registry-schema", change(CONTACT, "/properties/external_ids", drop=True), "resources.yaml", "has no external_ids"),
    ("registry-minimal", replace(REGISTRY, "minimal: {name: {given: Ada, family: Lovelace}}", "minimal: {name: {}}"), "resources.yaml", "cannot be created: C1"),
    ("registry-change", replace(REGISTRY, "/name/given", "/meta/version"), "resources.yaml", "cannot be written"),
    ("registry-change", replace(REGISTRY, "/name/given", "/emails/0"), "resources.yaml", "is in an array"),
    ("registry-change", replace(REGISTRY, "[Grace, Katherine]", "[Grace, 1]"), "resources.yaml", "to 1 cannot be written"),
    ("registry-openapi", replace(OPENAPI, "contact.list", "contact.walk"), "openapi/contacts.yaml", "contact.walk is"),
    ("registry-openapi", replace(OPENAPI, "  /contacts/{id}:", "  /contacts/{key}:"), "openapi/contacts.yaml", "contact.read is"),
    ("registry-openapi", replace(OPENAPI, '        - {$ref: "#/components/parameters/UpdatedSince"}\n', ""), "resources.yaml", "its list takes"),
    ("registry-openapi", replace(OPENAPI, "parameters/Limit", "parameters/Most"), "openapi", "which is not there"),
]  # fmt: skip


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Give a copy of the shipped standard that a test may break."""
    shutil.copytree(ROOT / "spec", tmp_path / "spec")
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    return tmp_path


def test_the_shipped_standard_is_sound(standard: Standard) -> None:
    """The shipped standard has no findings."""
    assert [str(finding) for finding in lint(standard)] == []


def test_the_standard_of_the_tests_is_sound(widgets: Standard) -> None:
    """The standard with widgets has no findings."""
    assert [str(finding) for finding in lint(widgets)] == []


def test_a_withdrawn_requirement_may_stay(copy: Path) -> None:
    """A withdrawn requirement is a line that says so, and is sound."""
    replace(CONTACTS, "- **C2**", "- **C99** (withdrawn) It was about nothing.\n- **C2**")(copy)
    assert lint(load_standard(copy)) == []


@pytest.mark.parametrize(
    ("rule", "edit", "file", "message"),
    SEEDS,
    ids=[f"{seed[0]}-{number}" for number, seed in enumerate(SEEDS)],
)
def test_a_seeded_violation_is_found(
    copy: Path, rule: str, edit: Edit, file: str, message: str
) -> None:
    """A seeded violation is found by its rule, in its file, with words to act on."""
    edit(copy)
    found = lint(load_standard(copy))
    own = [finding for finding in found if (finding.rule, finding.file) == (rule, file)]
    assert any(message in finding.message for finding in own), [str(f) for f in found]
    assert all(finding.hint and f"[{rule}]" in str(finding) for finding in own)


def test_a_rule_that_no_example_breaks_is_found(copy: Path) -> None:
    """A rule of the validator without an invalid example is found."""
    for file in (copy / EXAMPLES / "contact" / "invalid").glob("C1*.json"):
        file.unlink()
    [found] = lint(load_standard(copy))
    assert (found.rule, found.file) == ("example-of-rule", "examples/contact/invalid")
    assert found.message == "no example of contact breaks C1"


def test_a_finding_names_the_line(copy: Path) -> None:
    """A finding in a schema names the line of the keyword."""
    replace(LINE, '"maxLength": 250', '"maxLength": 250,\n  "x-colour": "blue"')(copy)
    lines = (copy / LINE).read_text(encoding="utf-8").splitlines()
    [found] = lint(load_standard(copy))
    assert found.line == lines.index('  "x-colour": "blue",') + 1
    assert str(found).startswith(f"common/line.json:{found.line}: x-colour")


def test_code_and_fences_are_no_text(copy: Path) -> None:
    """Code is free to use the words of BCP 14."""
    addition = 'Use `must` here.\n\n```json\n{"a": "it MUST and may"}\n```\n\n- **C1**'
    replace(CONTACTS, "- **C1**", addition)(copy)
    assert lint(load_standard(copy)) == []


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (replace(REGISTRY, "compute: widget_behaviours:search", "x: y"), "a query has"),
        (replace(REGISTRY, "type: integer", "type: whole"), "the schema of the parameter at_least"),
        (
            replace(f"{OPENAPI_FOLDER}/widgets.yaml", "name: at_least", "name: least"),
            "its list takes",
        ),
    ],
)
def test_a_query_is_held_to_its_parameters(
    widgets: Standard, tmp_path: Path, edit: Edit, message: str
) -> None:
    """A query has a hook, and parameters that are the same everywhere."""
    shutil.copytree(Path(str(widgets.folder)), tmp_path, dirs_exist_ok=True)
    edit(tmp_path)
    assert any(message in finding.message for finding in lint(load_standard(tmp_path)))


def test_every_rule_has_a_seed() -> None:
    """Every rule is heard of at least once in this file."""
    names = {rule.__name__.strip("_").replace("_", "-") for rule in (*EARLY, *LATE)}
    seeded = {seed[0] for seed in SEEDS} | {"example-of-rule"}
    assert names - seeded == set()
    assert seeded - names == {"example-name", "registry-change"}
