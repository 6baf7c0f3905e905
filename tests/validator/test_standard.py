"""The standard as data, and what is said about data that is wrong."""

import shutil
from pathlib import Path

import pytest

from sbw_validator import Standard, StandardError, load_standard
from sbw_validator.data import data
from sbw_validator.standard import Change, Disposal, Reference

ROOT = Path(__file__).parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Give a copy of the shipped standard that a test may break."""
    shutil.copytree(ROOT / "spec", tmp_path / "spec")
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    return tmp_path


def replace(file: Path, old: str, new: str) -> None:
    """Replace a text in a file, once."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_data_is_the_checkout_unless_the_environment_names_another_folder(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data is the checkout unless the environment names another folder."""
    monkeypatch.delenv("SBW_STANDARD", raising=False)
    assert (data() / "spec" / "draft" / "core.md").is_file()
    monkeypatch.setenv("SBW_STANDARD", str(copy))
    assert str(data()) == str(copy)
    assert load_standard().folder == copy


def test_a_folder_without_schemas_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder without schemas is refused."""
    (tmp_path / "spec").mkdir()
    monkeypatch.setenv("SBW_STANDARD", str(tmp_path))
    with pytest.raises(StandardError, match=r"has no folder 'schemas'.*SBW_STANDARD"):
        data()


def test_classes_and_resources_are_read(standard: Standard) -> None:
    """Classes and resources are read."""
    contact = standard.resources["contact"]
    assert contact.operations == ("list", "create", "read", "update", "delete", "upsert")
    assert contact.filters == ("external_id", "updated_since", "ids")
    assert contact.selectors["email"] == "/emails/*/address"
    place = "/organizations/*/ref"
    assert contact.refs == {place: Reference(place, ("organization",), "release")}
    assert standard.resources["custom_field_definition"].unique == ("/key",)
    assert contact.disposal == Disposal("delete")
    assert contact.change == Change("/name/given", ("Grace", "Katherine"))
    assert contact.writable
    assert contact.scope == "contacts"
    assert not standard.resources["business"].writable
    assert standard.resource_at("contacts") is contact
    assert standard.resource_at("contact") is None
    assert standard.class_of("contact").uri == f"{standard.base}/contacts"
    assert standard.classes["core"].required == ("business",)
    assert standard.schema_requirement("contact") == "CONTACTS-001"
    assert standard.schema_requirement("page") == "CORE-073"
    assert standard.schema_requirement("batch-results") == "BULK-001"
    assert standard.record_requirement == "CORE-030"


def test_each_shape_is_read(widgets: Standard) -> None:
    """Each shape is read."""
    search = widgets.resources["widget_search"]
    assert search.disposal == Disposal("none")
    assert search.hooks == {"compute": "widget_behaviours:search"}
    assert [(p.name, p.required) for p in search.parameters.values()] == [
        ("text", True),
        ("at_least", False),
        ("active", False),
    ]
    assert search.parameters["at_least"].schema == {"type": "integer", "minimum": 0}
    assert widgets.resources["widget_event"].disposal == Disposal("permanent")
    assert widgets.resources["widget_setting"].scope == "widget_setting"
    assert not search.writable


def test_the_standard_is_cached_by_folder(standard: Standard, widgets: Standard) -> None:
    """The standard is cached by folder."""
    assert load_standard(ROOT) is standard
    assert load_standard(ROOT) is not widgets


def test_a_class_may_have_no_resources(copy: Path) -> None:
    """A class without resources needs no requirement for their schemas."""
    classes = copy / "spec" / "draft" / "classes.yaml"
    with classes.open("a", encoding="utf-8") as file:
        file.write("  plain: {uri: u, text: core.md, resources: [], maturity: candidate}\n")
    plain = load_standard(copy).classes["plain"]
    assert (plain.resources, plain.required, plain.schema_requirement) == ((), (), "")


def test_disposal_names_a_state_and_what_goes_first(copy: Path) -> None:
    """Disposal names a state and what goes first."""
    registry = copy / "schemas" / "draft" / "resources.yaml"
    replace(
        registry,
        "  disposal: delete\n",
        "  disposal: {kind: 'transition:void', after: [business]}\n",
    )
    expected = Disposal("transition", "void", ("business",))
    assert load_standard(copy).resources["contact"].disposal == expected


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("resources", "shape: collection", "shape: heap", "`contact/shape` is 'heap'"),
        ("resources", "  disposal: delete", "  disposal: burn", "`contact/disposal` is 'burn'"),
        ("resources", "  disposal: delete", "  disposal: 'transition:'", "is 'transition:'"),
        ("resources", "  disposal: delete", "  disposal: none", "is 'none'"),
        ("resources", "  filters:", "  filtres:", "`contact/filtres` is not known"),
        ("resources", "class: contacts", "class: people", "`contact/class` is 'people'"),
        ("resources", "path: contacts", "path: [contacts]", "`contact/path` is not a text"),
        ("resources", "[list, create", "[lost, create", "`contact/operations` holds 'lost'"),
        ("resources", "operations: [read]", "operations: read", "is not a list of texts"),
        ("resources", "values: [Grace, Katherine]", "values: [Grace]", "two different values"),
        ("resources", "  minimal: {", "  minimal: [", "is no YAML"),
        ("resources", 'subject: [""]', "parameters: {}", "is for the shape query only"),
        ("resources", "on_delete: release", "on_delete: keep", "on_delete` is 'keep'"),
        ("resources", "{type: organization, on", "{type: firm, on", "/type` is 'firm'"),
        ("resources", "selectors: {applies_to", "selectors: [{applies_to", "is no YAML"),
        ("resources", "unique: [/key]", "unique: /key", "is not a list of texts"),
        ("resources", "business:\n", "contact: 1\nbusiness:\n", 'has "contact" twice'),
        ("resources", "change: {pointer", "change: [pointer]\n  x: {pointer", "is not known"),
        ("resources", 'subject: [""]', "hooks: [a]", "`contact/hooks` is not a mapping"),
        ("resources", "contact:\n", "deal: 1\ncontact:\n", "`deal` is not a mapping"),
        ("classes", "maturity: candidate", "maturity: old", "`classes/core/maturity` is 'old'"),
        ("classes", "depends_on: [core]", "depends_on: [cor]", "holds 'cor'"),
        ("classes", "version: draft", "version: 2.0", "`version` is not a text"),
        ("classes", "  core:", "  kernel:", "stands without a class `core`"),
        ("classes", "required: [business]", "required: [contact]", "holds 'contact'"),
        ("classes", "{batch-request:", "{page:", "has 'page', which another class has"),
        ("classes", "resources: [contact,", "resource: [contact,", "is not known"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(
    copy: Path, file: str, old: str, new: str, message: str
) -> None:
    """A wrong file is refused with its line."""
    folder = {"resources": "schemas", "classes": "spec"}[file]
    path = copy / folder / "draft" / f"{file}.yaml"
    replace(path, old, new)
    with pytest.raises(StandardError) as caught:
        load_standard(copy)
    assert message in str(caught.value)
    assert caught.value.file == str(path)
    assert caught.value.line is not None
    assert str(caught.value).startswith(f"{path}:{caught.value.line}: ")
    assert caught.value.advice in str(caught.value)


def test_a_file_beyond_the_bounds_is_refused(copy: Path) -> None:
    """A file beyond the bounds is refused by the name of the bound."""
    path = copy / "schemas" / "draft" / "resources.yaml"
    path.write_text("- 1\n" * 100_001)
    with pytest.raises(StandardError) as caught:
        load_standard(copy)
    assert str(caught.value).startswith(f"{path}: it holds more than 100,000 values")


def test_the_line_is_that_of_the_member(copy: Path) -> None:
    """The line is that of the member."""
    path = copy / "schemas" / "draft" / "resources.yaml"
    replace(path, "shape: collection", "shape: heap")
    lines = path.read_text(encoding="utf-8").splitlines()
    with pytest.raises(StandardError) as caught:
        load_standard(copy)
    assert caught.value.line == lines.index("  shape: heap") + 1


@pytest.mark.parametrize("content", ["", "version: draft\nbase: x\n", "- a\n"])
def test_a_file_without_classes_is_refused(copy: Path, content: str) -> None:
    """A file without classes is refused."""
    (copy / "spec" / "draft" / "classes.yaml").write_text(content)
    with pytest.raises(StandardError, match=r"is not a (mapping|text)"):
        load_standard(copy)


def test_a_missing_version_is_refused(copy: Path) -> None:
    """A missing version is refused."""
    with pytest.raises(StandardError, match="cannot be read"):
        load_standard(copy, "9.9")
