"""Variants of a schema, derived."""

import json
from typing import Any

import pytest

from sbw_validator import Standard, UnknownSchemaError, load_schemas
from sbw_validator.derive import VARIANTS, bundle
from sbw_validator.openapi import references
from sbw_validator.schemas import SchemaValidator

DIALECT = "https://json-schema.org/draft/2020-12/schema"
META = {"created_at": "2026-03-01T09:30:00Z", "updated_at": "2026-03-01T09:30:00Z", "version": "1"}
RECORD = {"id": "w_1", "type": "widget", "meta": META, "external_ids": [], "name": "Gizmo"}


def verdict(standard: Standard, variant: str, value: Any) -> bool:
    """Say whether a widget is valid in a variant."""
    return load_schemas(standard).validator("widget", variant).is_valid(value)


def derived(files: dict[str, dict[str, Any]], variant: str) -> SchemaValidator:
    """Compile `main.json` of some files in a variant."""
    named = {name: {"$schema": DIALECT, "$id": f"urn:{name}", **s} for name, s in files.items()}
    return SchemaValidator("main", variant, bundle(named, "main.json", variant), "X1")


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_bundle_stands_alone(widgets: Standard, variant: str) -> None:
    """A bundle stands alone."""
    for name in load_schemas(widgets).names():
        found = load_schemas(widgets).bundle(name, variant)
        assert all(r.removeprefix("#/$defs/") in found["$defs"] for r in references(found))
        assert json.dumps(found).count('"$id"') == 1
        suffix = ".json" if variant == "full" else f".{variant}.json"
        assert found["$id"].endswith(f"/{name}{suffix}")


def test_what_is_not_there_is_refused(standard: Standard) -> None:
    """What is not there is refused."""
    schemas = load_schemas(standard)
    with pytest.raises(UnknownSchemaError, match="Did you mean 'contact'"):
        schemas.bundle("contract")
    with pytest.raises(UnknownSchemaError, match="no 'sideways'"):
        schemas.bundle("contact", "sideways")
    with pytest.raises(UnknownSchemaError, match="Known are"):
        schemas.raw("x")
    with pytest.raises(UnknownSchemaError, match=r"no 'person\.json'"):
        bundle(schemas.files, "person.json")
    with pytest.raises(UnknownSchemaError, match=r"no 'part\.json'"):
        derived({"main.json": {"$ref": "part.json"}}, "full")


def test_full_is_as_written(widgets: Standard) -> None:
    """Full is as written."""
    assert verdict(widgets, "full", RECORD)
    for name in RECORD:
        assert not verdict(widgets, "full", {k: v for k, v in RECORD.items() if k != name})
    assert not verdict(widgets, "full", {**RECORD, "other": 1})
    raw = load_schemas(widgets).raw("widget")
    found = load_schemas(widgets).bundle("widget")
    assert found["properties"]["size"] == raw["properties"]["size"] | {
        "properties": {
            **raw["properties"]["size"]["properties"],
            "label": {**raw["properties"]["size"]["properties"]["label"], "$ref": "#/$defs/line"},
        }
    }


@pytest.mark.parametrize(
    ("body", "valid"),
    [
        ({"name": "Gizmo"}, True),
        ({"name": "Gizmo", "type": "widget"}, True),
        ({"name": "Gizmo", "external_ids": [{"app": "com.example.crm", "id": "1"}]}, True),
        ({}, False),
        ({"name": "Gizmo", "type": "contact"}, False),
        ({"name": "Gizmo", "id": "w_1"}, False),
        ({"name": "Gizmo", "meta": META}, False),
        ({"name": "Gizmo", "size": {"width": 1}}, False),
        ({"name": "Gizmo", "quantity": None}, False),
        ({"name": "Gizmo", "external_ids": [{"app": "com.example.crm"}]}, False),
    ],
)
def test_create_takes_what_a_consumer_writes(
    widgets: Standard, body: dict[str, Any], *, valid: bool
) -> None:
    """Create takes what a consumer writes."""
    assert verdict(widgets, "create", body) is valid


@pytest.mark.parametrize(
    ("body", "valid"),
    [
        ({}, True),
        ({"type": "widget"}, True),
        ({"quantity": None, "tags": None, "size": None, "external_ids": None}, True),
        ({"size": {"height": 3, "label": None}}, True),
        ({"price": {"amount": "1"}}, True),
        ({"name": None}, False),
        ({"type": None}, False),
        ({"size": {"height": None}}, False),
        ({"price": {"amount": None}}, False),
        ({"price": {"amount": "-0"}}, False),
        ({"parts": [{"weight": "1"}]}, False),
        ({"parts": [{"name": "screw", "weight": None}]}, False),
        ({"tags": [None]}, False),
        ({"id": "w_1"}, False),
        ({"meta": None}, False),
        ({"other": None}, False),
        ({"size": {"depth": 1}}, False),
        (None, False),
    ],
)
def test_patch_takes_parts_and_clears(widgets: Standard, body: Any, *, valid: bool) -> None:
    """Patch takes parts and clears."""
    assert verdict(widgets, "patch", body) is valid


def test_patch_asks_for_no_alternatives(standard: Standard) -> None:
    """Patch asks for no alternatives."""
    patch = load_schemas(standard).validator("contact", "patch")
    assert patch.is_valid({"name": {"given": None}})
    assert patch.is_valid({"phones": [{"raw": "x"}]})
    assert not patch.is_valid({"phones": [{"label": "x"}]})


@pytest.mark.parametrize(
    ("change", "valid"),
    [
        ({"other": 1, "colour": "mauve", "name": "", "tags": ["a", "a"]}, True),
        ({"size": {"depth": 1}, "price": {}, "made_on": "yesterday", "quantity": -1}, True),
        ({"quantity": "1"}, False),
        ({"colour": 1}, False),
        ({"status": "lost"}, False),
        ({"type": "contact"}, False),
        ({"meta": {**META, "version": '"1"'}}, False),
        ({"meta": {**META, "updated_at": "yesterday"}}, False),
        ({"meta": {**META, "mood": {}}}, True),
        ({"id": "batch"}, False),
        ({"size": 1}, False),
        ({"parts": [{}, {"name": 1}]}, False),
        ({"parts": [{}]}, True),
    ],
)
def test_read_keeps_types_and_envelope(
    widgets: Standard, change: dict[str, Any], *, valid: bool
) -> None:
    """Read keeps types and envelope."""
    assert verdict(widgets, "read", {**RECORD, **change}) is valid


def test_read_asks_for_the_envelope_only(widgets: Standard) -> None:
    """Read asks for the envelope only."""
    envelope = {name: RECORD[name] for name in ("id", "type", "meta")}
    assert verdict(widgets, "read", envelope)
    for name in envelope:
        assert not verdict(widgets, "read", {k: v for k, v in envelope.items() if k != name})


@pytest.mark.parametrize(
    ("change", "valid"),
    [
        ({"other": 1, "size": {"width": 1, "height": 1, "depth": 1}}, True),
        ({"name": ""}, False),
        ({"size": {"width": 1}}, False),
        ({"colour": "mauve"}, False),
    ],
)
def test_answer_is_full_but_open(widgets: Standard, change: dict[str, Any], *, valid: bool) -> None:
    """Answer is full but open."""
    assert verdict(widgets, "answer", {**RECORD, **change}) is valid


def test_a_shared_part_keeps_what_an_outer_schema_requires() -> None:
    """A shared part keeps what an outer schema requires."""
    core = {"type": "object", "properties": {"lines": {"type": "array"}, "note": {"type": "array"}}}
    main = {"allOf": [{"$ref": "core.json"}], "type": "object", "required": ["lines"]}
    patch = derived({"main.json": main, "core.json": core}, "patch")
    assert patch.is_valid({"note": None})
    assert not patch.is_valid({"lines": None})
    assert patch.is_valid({"lines": []})


def test_a_map_is_patched_entry_by_entry() -> None:
    """A map is patched entry by entry."""
    main = {
        "type": "object",
        "properties": {"labels": {"additionalProperties": {"type": "string"}, "minProperties": 1}},
    }
    patch = derived({"main.json": main}, "patch")
    assert patch.is_valid({"labels": {"de": None, "fr": "x"}})
    assert patch.is_valid({"labels": {}})
    assert not patch.is_valid({"labels": {"de": 1}})
    assert not derived({"main.json": main}, "create").is_valid({"labels": {"de": None}})


def test_conditions_on_members_are_not_asked_of_a_patch() -> None:
    """Conditions on members are not asked of a patch."""
    main = {
        "type": "object",
        "properties": {"kind": {"type": "string"}, "volume": {"type": "string"}},
        "if": {"properties": {"kind": {"const": "liquid"}}, "required": ["kind"]},
        "then": {"required": ["volume"]},
        "dependentRequired": {"volume": ["kind"]},
    }
    files = {"main.json": main}
    assert derived(files, "patch").is_valid({"kind": "liquid"})
    assert derived(files, "read").is_valid({"volume": "1"})
    assert not derived(files, "create").is_valid({"kind": "liquid"})
    assert not derived(files, "create").is_valid({"volume": "1"})


def test_alternatives_of_types_stay_for_a_reader() -> None:
    """Alternatives of types stay for a reader."""
    text_or_number = {"anyOf": [{"type": "string", "pattern": "^a$"}, {"type": "integer"}]}
    one = {"oneOf": [{"pattern": "^a$"}, {"type": "integer"}]}
    main = {"type": "object", "properties": {"a": text_or_number, "b": one}}
    read = derived({"main.json": main}, "read")
    assert read.is_valid({"a": "b", "b": "b"})
    assert not read.is_valid({"a": True})
    assert not derived({"main.json": main}, "full").is_valid({"a": "b"})


def test_other_conditions_stay_in_a_patch() -> None:
    """A condition that asks for no member stays in a patch."""
    main = {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": True},
        "not": {"properties": {"a": {"const": 1}}, "required": ["a"]},
        "if": {"properties": {"a": {"minimum": 5}}},
        "then": {"properties": {"a": {"maximum": 9}}},
    }
    patch = derived({"main.json": main}, "patch")
    assert patch.is_valid({"a": 1, "b": None})
    assert not patch.is_valid({"a": 10})
    assert not derived({"main.json": main}, "full").is_valid({"a": 1})
    anything = {"properties": {"a": {"anyOf": [True, {"type": "string"}]}}}
    assert derived({"main.json": anything}, "read").is_valid({"a": 1})


def test_a_part_that_says_the_same_in_every_variant_stands_once(standard: Standard) -> None:
    """A part that says the same in every variant stands once."""
    found = load_schemas(standard).bundle("contact", "patch")["$defs"]
    assert "line" in found
    assert not any(name.startswith("line.") for name in found)
    assert "name.patch" in found


def test_a_schema_may_refer_to_itself() -> None:
    """A schema may refer to itself."""
    main = {
        "type": "object",
        "properties": {"part": {"$ref": "main.json"}, "id": {"type": "string", "readOnly": True}},
        "required": ["id"],
        "unevaluatedProperties": False,
    }
    create = derived({"main.json": main}, "create")
    assert create.is_valid({"part": {"part": {}}})
    assert not create.is_valid({"part": {"id": "1"}})
    full = derived({"main.json": main}, "full")
    assert full.is_valid({"id": "1", "part": {"id": "2"}})
    assert not full.is_valid({"id": "1", "part": {}})


REF = {"type": "organization", "id": "o_1"}
BY_EXTERNAL_ID = {"type": "organization", "external_id": {"app": "com.example.crm", "id": "1"}}


@pytest.mark.parametrize(
    ("variant", "reference", "valid"),
    [
        ("full", REF, True),
        ("full", {**REF, "href": "https://a.example/organizations/o_1", "state": "gone"}, True),
        ("full", BY_EXTERNAL_ID, False),
        ("full", {"type": "organization"}, False),
        ("full", {**REF, "state": "lost"}, False),
        ("create", REF, True),
        ("create", BY_EXTERNAL_ID, True),
        ("create", {**REF, **BY_EXTERNAL_ID}, False),
        ("create", {**REF, "href": "https://a.example/organizations/o_1"}, False),
        ("create", {"type": "organization"}, False),
        ("create", {"type": "contact", "id": "c_1"}, False),
        ("patch", {"id": "o_2"}, True),
        ("patch", BY_EXTERNAL_ID, True),
        ("patch", {"external_id": {"app": "com.example.crm"}}, False),
        ("patch", {"external_id": None}, False),
        ("patch", None, True),
        ("read", REF, True),
        ("read", {**REF, "title": "new"}, True),
        ("read", {**REF, "id": 1}, False),
        ("read", {**REF, "state": "lost"}, False),
        ("answer", {**REF, "title": "new"}, True),
        ("answer", BY_EXTERNAL_ID, False),
    ],
)
def test_a_write_may_refer_by_external_id(
    standard: Standard, variant: str, reference: Any, *, valid: bool
) -> None:
    """A write may refer by external id; records hold ids, and what the provider adds."""
    branch = {"name": "Branch", "parent": reference}
    if variant not in ("create", "patch"):
        branch |= {"id": "o_2", "type": "organization", "meta": META, "external_ids": []}
    validator = load_schemas(standard).validator("organization", variant)
    assert validator.is_valid(branch) is valid


def test_a_write_only_member_stands_in_writes_alone() -> None:
    """A write-only member, and an alternative that asks for one, stand in writes alone."""
    text = {"type": "string"}
    main = {
        "type": "object",
        "properties": {"a": text, "b": text, "secret": {**text, "writeOnly": True}},
        "anyOf": [{"required": ["a"]}, {"required": ["b"]}, {"required": ["secret"]}, False],
        "unevaluatedProperties": False,
    }
    files = {"main.json": main}
    for variant in ("full", "read", "answer"):
        assert "secret" not in derived(files, variant).bundle["properties"]
    assert derived(files, "full").bundle["anyOf"] == [
        {"required": ["a"]},
        {"required": ["b"]},
        False,
    ]
    assert derived(files, "create").is_valid({"secret": "x"})
    assert not derived(files, "full").is_valid({"secret": "x"})
    assert derived(files, "full").is_valid({"b": "x"})
    assert not derived(files, "full").is_valid({})


def test_open_objects_take_anything_in_every_variant(standard: Standard) -> None:
    """What an app keeps in its extension is its own; a patch may clear any of it."""
    own = {"com.example.crm": {"": 0, "Nested": {"deep": [[1], {"a": True}]}}}
    for variant in ("create", "patch"):
        validator = load_schemas(standard).validator("contact", variant)
        assert validator.is_valid({"name": {"given": "Ada"}, "extensions": own})
        assert not validator.is_valid({"name": {"given": "Ada"}, "extensions": {"crm": {}}})
    patch = load_schemas(standard).validator("contact", "patch")
    assert patch.is_valid(
        {"extensions": {"com.example.crm": None, "com.example.shop": {"a": None}}}
    )
    assert patch.is_valid({"custom_fields": {"shoe_size": None}})
    create = load_schemas(standard).validator("contact", "create")
    assert not create.is_valid({"name": {"given": "Ada"}, "custom_fields": {"shoe_size": None}})


PROVIDED = {
    "main.json": {
        "type": "object",
        "properties": {
            "status": {"enum": ["draft", "issued"]},
            "number": {"type": "string", "x-provided": True},
            "sum": {"type": "integer", "x-provided": True},
            "seller": {"type": "string"},
        },
        "required": ["status", "sum"],
        "allOf": [
            {
                "if": {"properties": {"status": {"const": "issued"}}},
                "then": {"required": ["number", "seller"]},
            }
        ],
    }
}


@pytest.mark.parametrize(
    ("variant", "value", "valid"),
    [
        ("full", {"status": "draft", "sum": 0}, True),
        ("full", {"status": "draft"}, False),
        ("full", {"status": "issued", "sum": 0, "seller": "A"}, False),
        ("full", {"status": "issued", "sum": 0, "seller": "A", "number": "1"}, True),
        ("create", {"status": "draft"}, True),
        ("create", {"status": "draft", "sum": "0"}, False),
        ("create", {"status": "issued", "seller": "A"}, True),
        ("create", {"status": "issued", "number": "1"}, False),
        ("patch", {"sum": None, "number": None}, True),
        ("patch", {"sum": "0"}, False),
    ],
)
def test_what_the_provider_provides_may_be_left_out_of_a_write(
    variant: str, value: Any, *, valid: bool
) -> None:
    """What the provider provides may be left out of a write, also where a condition asks for it."""
    assert derived(PROVIDED, variant).is_valid(value) is valid
