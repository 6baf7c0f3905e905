"""Schema first, then rules; and the type that decides which."""

import json
from typing import Any

import pytest

from sbw_validator import Standard, UnknownSchemaError, load_standard, validate

RECORD = {
    "id": "c_1",
    "type": "contact",
    "meta": {
        "created_at": "2026-03-01T09:30:00Z",
        "updated_at": "2026-03-01T09:30:00Z",
        "version": "1",
    },
    "external_ids": [],
}
TWICE = [{"raw": "1", "pref": 1}, {"raw": "2", "pref": 1}]


def ids(value: Any, **options: Any) -> list[tuple[str, str]]:
    """Return requirement and pointer of each finding."""
    return [(finding.requirement, finding.pointer) for finding in validate(value, **options)]


KNOWN = ", ".join(f'"{name}"' for name in load_standard().resources)


@pytest.mark.parametrize(
    ("value", "pointer", "hint"),
    [
        ({}, "/type", f"Add it: {KNOWN}."),
        ({"type": None}, "/type", f"Add it: {KNOWN}."),
        ({"type": "contacts"}, "/type", 'Did you mean "contact"?'),
        ({"type": "landing"}, "/type", f"Use one of {KNOWN}."),
        ([], "", "Write one object."),
        (None, "", "Write one object."),
    ],
)
def test_a_value_without_a_known_type_is_a_finding(
    standard: Standard, value: Any, pointer: str, hint: str
) -> None:
    """A value without a known type is a finding."""
    [finding] = validate(value, standard=standard)
    assert (finding.requirement, finding.pointer, finding.hint) == ("CORE-030", pointer, hint)


def test_a_type_may_be_given(standard: Standard) -> None:
    """A type may be given."""
    assert ids({"items": []}, type="page", standard=standard) == []
    assert ids({}, type="page", standard=standard) == [("CORE-073", "/items")]
    with pytest.raises(UnknownSchemaError):
        validate({}, type="pages", standard=standard)
    with pytest.raises(UnknownSchemaError):
        validate({}, type="page", variant="half", standard=standard)


def test_the_standard_is_the_shipped_one_by_default() -> None:
    """The standard is the shipped one by default."""
    assert ids({**RECORD, "name": {"given": "Ada"}}) == []


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"name": {"given": "Ada"}}, []),
        ({}, [("C1", "")]),
        ({"phones": TWICE}, [("C2", "/phones/1/pref")]),
        ({"name": "Ada"}, [("CONTACTS-001", "/name")]),
        ({"phones": "555"}, [("CONTACTS-001", "/phones")]),
        ({"name": {"given": ""}}, [("CONTACTS-001", "/name/given")]),
        ({"emails": None}, [("CONTACTS-001", "/emails")]),
        ({"id": 1}, [("CONTACTS-001", "/id"), ("C1", "")]),
        (
            {"phones": [*TWICE, {"label": "x"}]},
            [("CONTACTS-001", "/phones/2"), ("C2", "/phones/1/pref")],
        ),
        (
            {"phones": [{"raw": "1", "pref": 1}, {"raw": "", "pref": 1}]},
            [("CONTACTS-001", "/phones/1/raw"), ("C2", "/phones/1/pref")],
        ),
    ],
)
def test_a_rule_is_silent_where_the_schema_has_spoken(
    standard: Standard, members: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """A rule is silent where the schema has spoken."""
    assert ids({**RECORD, **members}, standard=standard) == expected


@pytest.mark.parametrize(
    ("variant", "value", "expected"),
    [
        ("create", {}, ["C1"]),
        ("create", {"phones": TWICE}, ["C2"]),
        ("create", {"name": {"given": "Ada"}}, []),
        ("patch", {}, []),
        ("patch", {"phones": TWICE}, ["C2"]),
        ("read", RECORD, []),
        ("read", {**RECORD, "phones": TWICE}, []),
        ("answer", RECORD, ["C1"]),
    ],
)
def test_rules_follow_the_variant(
    standard: Standard, variant: str, value: Any, expected: list[str]
) -> None:
    """Rules follow the variant."""
    found = validate(value, type="contact", variant=variant, standard=standard)
    assert [finding.requirement for finding in found] == expected


def test_member_order_is_irrelevant(standard: Standard) -> None:
    """Member order is irrelevant."""
    value = {**RECORD, "name": {"given": ""}, "phones": TWICE}
    turned = dict(reversed(json.loads(json.dumps(value)).items()))
    assert ids(turned, standard=standard) == ids(value, standard=standard)
