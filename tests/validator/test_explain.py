"""One clear finding for each fault."""

from typing import Any

import pytest

from sbw_validator import Standard, load_schemas
from sbw_validator.dialect import explainer
from sbw_validator.findings import Finding, parts_of, pointer_to, shown
from sbw_validator.schemas import SchemaValidator

DIALECT = "https://json-schema.org/draft/2020-12/schema"
RECORD = {
    "id": "c_1",
    "type": "contact",
    "meta": {
        "created_at": "2026-03-01T09:30:00Z",
        "updated_at": "2026-03-01T09:30:00Z",
        "version": "1",
    },
    "external_ids": [],
    "name": {"given": "Ada"},
}


def found(schema: dict[str, Any], value: Any) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Return pointer, keyword, what is expected and the pointers of each finding."""
    validator = SchemaValidator("x", "full", {"$schema": DIALECT, **schema}, "X1")
    assert explainer(validator.bundle).is_valid(value) is validator.is_valid(value)
    return [(f.pointer, f.keyword, f.expected, f.pointers) for f in validator.findings(value)]


def contact(standard: Standard, **members: Any) -> list[Finding]:
    """Return the findings of a contact with some members changed."""
    return load_schemas(standard).validator("contact").findings({**RECORD, **members})


def test_a_valid_value_has_no_findings(standard: Standard) -> None:
    """A valid value has no findings."""
    assert contact(standard) == []


def test_a_finding_names_requirement_place_expectation_and_what_to_do(standard: Standard) -> None:
    """A finding names requirement place expectation and what to do."""
    [finding] = contact(standard, addresses=[{"full": "x", "country": "de"}])
    assert finding.to_json() == {
        "requirement": "CONTACTS-001",
        "pointer": "/addresses/0/country",
        "expected": "two capital letters (ISO 3166-1 alpha-2)",
        "got": '"de"',
        "hint": "Write the country as two capital letters (ISO 3166-1 alpha-2), such as DE.",
        "keyword": "pattern",
        "pointers": ["/addresses/0/country"],
    }
    assert str(finding).startswith("CONTACTS-001 /addresses/0/country: expected two capital")


@pytest.mark.parametrize(
    ("members", "pointer", "hint"),
    [
        (
            {"emails": [{"address": "a@b.example\n"}]},
            "/emails/0/address",
            "Remove the white space at the end.",
        ),
        (
            {"emails": [{"address": " a@b.example"}]},
            "/emails/0/address",
            "Remove the white space around it.",
        ),
        (
            {"emails": [{"address": "a@b", "status": "Active"}]},
            "/emails/0/status",
            'Did you mean "active"?',
        ),
        ({"emails": [{"address": "a@b", "pref": 0}]}, "/emails/0/pref", "Write 1 or more."),
        ({"nmae": {}}, "/nmae", 'Did you mean "name"?'),
        ({"name": {"given": "x" * 252}}, "/name/given", "Shorten it by 2 characters."),
        ({"name": {"given": ""}}, "/name/given", "Leave the member out, or write more."),
        (
            {"name": None},
            "/name",
            "Leave the member out: null does nothing but clear what may be absent.",
        ),
        ({"type": "person"}, "/type", 'Write "contact".'),
        ({"id": "batch"}, "/id", "Use another value for the id."),
        (
            {"emails": [{}]},
            "/emails/0/address",
            "Add `address`, such as Ada.Lovelace+news@example.com.",
        ),
    ],
)
def test_hints_say_what_to_do(
    standard: Standard, members: dict[str, Any], pointer: str, hint: str
) -> None:
    """Hints say what to do."""
    [finding] = contact(standard, **members)
    assert (finding.pointer, finding.hint) == (pointer, hint)


def test_an_error_inside_the_envelope_names_no_known_member_unknown(standard: Standard) -> None:
    """An error inside the envelope names no known member unknown."""
    findings = contact(standard, id=1, favourite="x", other=2)
    assert [(f.pointer, f.keyword) for f in findings] == [
        ("/id", "type"),
        ("/favourite", "unevaluatedProperties"),
        ("/other", "unevaluatedProperties"),
    ]


def test_one_text_has_one_fault(standard: Standard) -> None:
    """One text has one fault."""
    broken = {"emails": [{"address": "a@b", "verified_at": "yesterday"}]}
    assert [f.keyword for f in contact(standard, **broken)] == ["pattern"]
    assert [f.keyword for f in contact(standard, name={"given": ""})] == ["minLength"]


def test_several_faults_are_told_apart(standard: Standard) -> None:
    """Several faults are told apart."""
    findings = contact(standard, emails=[{}, {"address": "a@b", "pref": 0}], phones=[{"raw": ""}])
    assert [f.pointer for f in findings] == ["/emails/0/address", "/emails/1/pref", "/phones/0/raw"]


OBJECT = {"type": "object", "properties": {"a": {}, "b": {}, "c": {}}}
WITH_A_OR_B = {**OBJECT, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}
JUST_A_OR_B = {**OBJECT, "oneOf": [{"required": ["a"]}, {"required": ["b", "c"]}]}
LIQUID = {
    "properties": {"kind": {}, "volume": {"type": "integer"}},
    "if": {"properties": {"kind": {"const": "liquid"}}, "required": ["kind"]},
    "then": {"required": ["volume"]},
    "else": {"properties": {"volume": False}},
    "unevaluatedProperties": False,
}
SHAPES = {
    "oneOf": [
        {"properties": {"kind": {"const": "round"}, "r": {"type": "integer"}}, "required": ["r"]},
        {"properties": {"kind": {"const": "square"}, "a": {"type": "integer"}}, "required": ["a"]},
    ]
}


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        (
            WITH_A_OR_B,
            {},
            [("", "anyOf", 'at least one of "a", "b"', ("", "/a", "/b"))],
        ),
        (
            JUST_A_OR_B,
            {"b": 1},
            [("", "oneOf", 'just one of "a", "c"', ("", "/a", "/b", "/c"))],
        ),
        (
            JUST_A_OR_B,
            {"a": 1, "b": 1, "c": 1},
            [("", "oneOf", 'only one of "a", "b", "c"', ("", "/a", "/b", "/c"))],
        ),
        (
            {"anyOf": [{"type": "string"}, {"type": "null"}]},
            1,
            [("", "anyOf", "a text or null", ("",))],
        ),
        (
            {"anyOf": [{"type": "integer", "minimum": 3}, {"type": "null"}]},
            1,
            [("", "minimum", "3 or more", ("",))],
        ),
        (
            SHAPES,
            {"kind": "square", "r": 1},
            [("/a", "required", 'a member "a"', ("/a", "", "/r", "/kind"))],
        ),
        (
            LIQUID,
            {"kind": "liquid"},
            [("/volume", "required", 'a member "volume"', ("/volume", "", "/kind"))],
        ),
        (
            LIQUID,
            {"kind": "solid", "volume": 1},
            [("/volume", "properties", "no such member", ("/volume", "", "/kind"))],
        ),
        (LIQUID, {"kind": "liquid", "volume": 1}, []),
        (
            {"dependentRequired": {"a": ["b", "c"]}},
            {"a": 1, "c": 1},
            [("/b", "dependentRequired", 'a member "b" beside "a"', ("/b", "", "/a"))],
        ),
        (
            {"not": {"required": ["a", "b"]}},
            {"a": 1, "b": 1},
            [("", "not", 'not {"required": ["a", "b"]}', ("", "/a", "/b"))],
        ),
        (
            {"uniqueItems": True},
            [1, 2, 1.0],
            [("", "uniqueItems", "elements that all differ", ("", "/0", "/2"))],
        ),
        (
            {"uniqueItems": True},
            [{"a": [1]}, {"a": [1.0]}, {"a": [2]}],
            [("", "uniqueItems", "elements that all differ", ("", "/0", "/1"))],
        ),
        ({"maxItems": 1}, [1, 2], [("", "maxItems", "at most 1 element", ("", "/1"))]),
        ({"minItems": 2}, [1], [("", "minItems", "at least 2 elements", ("", "/1"))]),
        (
            {"contains": {"const": "bearer"}},
            ["basic"],
            [("", "contains", "an element that fits", ("", "/0"))],
        ),
        ({"maxProperties": 0}, {"a": 1}, [("", "maxProperties", "at most 0 members", ("", "/a"))]),
        (
            {"propertyNames": {"maxLength": 1}},
            {"ab": 1},
            [("", "maxLength", "at most 1 character", ("",))],
        ),
        (
            {
                "additionalProperties": False,
                "properties": {"a": {}},
                "patternProperties": {"^x": {}},
            },
            {"b": 1, "x1": 1, "c": 1},
            [
                ("/b", "additionalProperties", "no such member", ("/b",)),
                ("/c", "additionalProperties", "no such member", ("/c",)),
            ],
        ),
        (
            {"patternProperties": {"^x": {"type": "integer"}}},
            {"x": "1"},
            [("/x", "type", "a whole number", ("/x",))],
        ),
        (
            {"additionalProperties": {"type": "integer"}},
            {"a/b": "1"},
            [("/a~1b", "type", "a whole number", ("/a~1b",))],
        ),
        ({"type": ["string", "null"]}, 1, [("", "type", "a text or null", ("",))]),
        ({"exclusiveMinimum": 0}, 0, [("", "exclusiveMinimum", "more than 0", ("",))]),
        ({"multipleOf": 5}, 3, [("", "multipleOf", "a multiple of 5", ("",))]),
        ({"enum": [1, "a"]}, 2, [("", "enum", 'one of 1, "a"', ("",))]),
        (
            {"pattern": "^a$"},
            "b",
            [("", "pattern", "a text that matches ^a$", ("",))],
        ),
        ({"format": "uri"}, "b", [("", "format", "an absolute URI (RFC 3986)", ("",))]),
        (
            {"dependentSchemas": {"a": {"required": ["b"]}}},
            {"a": 1},
            [("/b", "required", 'a member "b"', ("/b",))],
        ),
    ],
)
def test_each_keyword_is_told(schema: dict[str, Any], value: Any, expected: list[Any]) -> None:
    """Each keyword is told."""
    assert found(schema, value) == expected


def test_unevaluated_members_follow_every_applicator() -> None:
    """Unevaluated members follow every applicator."""
    schema = {
        "$defs": {"id": {"properties": {"id": {"type": "string"}}}},
        "$ref": "#/$defs/id",
        "allOf": [{"properties": {"a": {}}}],
        "anyOf": [{"properties": {"b": {"type": "integer"}}}, {"properties": {"c": {}}}],
        "if": {"properties": {"d": {"const": 1}}, "required": ["d"]},
        "then": {"properties": {"e": {}}},
        "dependentSchemas": {"e": {"properties": {"f": {}}}},
        "patternProperties": {"^x": {}},
        "unevaluatedProperties": False,
    }
    everything = {"id": "1", "a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1, "x1": 1}
    assert found(schema, everything) == []
    assert [f[0] for f in found(schema, {**everything, "d": 2})] == ["/d", "/e"]
    assert [f[0] for f in found(schema, {"b": "text"})] == ["/b"]


@pytest.mark.parametrize(
    "part",
    [{"additionalProperties": {}}, {"unevaluatedProperties": {}}, {"patternProperties": {"": {}}}],
)
def test_a_part_that_takes_every_member_leaves_none_unevaluated(part: dict[str, Any]) -> None:
    """A part that takes every member leaves none unevaluated."""
    assert found({"allOf": [part], "unevaluatedProperties": False}, {"a": 1}) == []
    assert found({"allOf": [True], "unevaluatedProperties": False}, {"a": 1}) != []


def test_what_is_no_object_is_judged_by_no_keyword_for_objects() -> None:
    """Keywords for objects pass over other values."""
    schema = {
        "properties": {"a": False},
        "patternProperties": {"^a": False},
        "additionalProperties": False,
        "unevaluatedProperties": False,
    }
    assert found(schema, "a") == []
    assert found(schema, ["a"]) == []


def test_what_was_sent_is_shown_shortened() -> None:
    """What was sent is shown shortened."""
    assert shown({"a": "ä"}) == '{"a": "ä"}'
    assert shown("\ud800") == '"\\ud800"'
    assert shown({1, 2}) == "a Python set"
    assert len(shown("x" * 500)) == 120
    assert shown("x" * 500).endswith("…")


def test_pointers_escape_and_unescape() -> None:
    """Pointers escape and unescape."""
    assert pointer_to("a/b", "~", 0) == "/a~1b/~0/0"
    assert parts_of("/a~1b/~0/0") == ["a/b", "~", "0"]
    assert parts_of("") == []


def test_a_finding_can_always_be_given_at_its_own_pointer() -> None:
    """A finding can always be given at its own pointer."""
    finding = Finding("X1", "/a", "b", "c", "d", "type", pointers=("/b",))
    assert finding.pointers == ("/a", "/b")
    assert "line" not in finding.to_json()
    assert Finding("X1", "/a", "b", "c", "d", "type", line=3).to_json()["line"] == 3
