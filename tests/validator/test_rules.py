"""Rules of the standard that no schema can say."""

from typing import Any

import pytest

from sbw_validator.rules import rules, rules_for


def broken(value: dict[str, Any], type_: str = "contact") -> list[tuple[str, str]]:
    """Return requirement and pointer of each rule that a record breaks."""
    return [(f.requirement, f.pointer) for rule in rules_for(type_) for f in rule.check(value)]


def test_rules_are_found_by_type() -> None:
    """Rules are found by type."""
    assert [rule.id for rule in rules_for("contact")] == ["C1", "C2", "C6", "C7"]
    assert [rule.id for rule in rules_for("organization")] == ["O3", "O4", "O2"]
    assert [rule.id for rule in rules_for("custom_field_definition")] == ["CF1"]
    assert rules_for("business") == ()
    assert {rule.id for rule in rules() if not rule.on_patch} == {"C1", "CF1", "PROD2", "T2"}


@pytest.mark.parametrize(
    "value",
    [
        {"name": {"full": "Ada"}},
        {"name": {"given": "Ada"}},
        {"name": {"family": "Lovelace"}},
        {"emails": [{"address": "a@b"}]},
        {"phones": [{"raw": "555"}]},
        {"name": {"prefix": "Dr."}, "phones": [{"raw": "555"}]},
    ],
)
def test_c1_is_kept_by_a_name_an_address_or_a_phone(value: dict[str, Any]) -> None:
    """C1 is kept by a name an address or a phone."""
    assert broken(value) == []


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"name": {}},
        {"name": {"prefix": "Dr."}},
        {"name": {"given": ""}, "emails": [], "phones": None},
        {"name": None},
        {"addresses": [{"full": "x"}]},
    ],
)
def test_c1_is_broken_by_nobody(value: dict[str, Any]) -> None:
    """C1 is broken by nobody."""
    assert broken(value) == [("C1", "")]


def test_c1_may_be_pointed_to_at_any_member_involved() -> None:
    """C1 may be pointed to at any member involved."""
    [finding] = [f for rule in rules_for("contact") for f in rule.check({})]
    assert finding.pointers == (
        *("", "/name", "/name/full", "/name/given", "/name/family", "/emails", "/phones"),
    )


@pytest.mark.parametrize(
    ("array", "pointers"),
    [
        ([{"pref": 1}, {"pref": 2}], []),
        ([{"pref": 1}, {"pref": True}, {"pref": "1"}, 1, None], []),
        ([{"pref": 2}, {"pref": 2}], []),
        ([{"pref": 1}, {}, {"pref": 1.0}], ["/anything/2/pref"]),
    ],
)
def test_c2_looks_at_every_array(array: list[Any], pointers: list[str]) -> None:
    """C2 looks at every array."""
    found = broken({"name": {"given": "Ada"}, "anything": array})
    assert found == [("C2", pointer) for pointer in pointers]


def test_c2_may_be_pointed_to_at_the_array_or_any_preferred_element() -> None:
    """C2 may be pointed to at the array or any preferred element."""
    value = {"name": {"given": "Ada"}, "a/b": [{"pref": 1}, {"pref": 1}]}
    [finding] = [f for rule in rules_for("contact") for f in rule.check(value)]
    assert set(finding.pointers) == {"/a~1b", "/a~1b/0", "/a~1b/1", "/a~1b/0/pref", "/a~1b/1/pref"}
    assert finding.got == "2 of them, at [0, 1]"


@pytest.mark.parametrize("type_", ["contact", "organization"])
def test_people_and_organizations_share_rules(type_: str) -> None:
    """C2 and O3, C6 and O4 are one rule under two ids."""
    preferred, once = {"contact": ("C2", "C6"), "organization": ("O3", "O4")}[type_]
    value = {
        "name": {"full": "Ada"},
        "phones": [{"pref": 1}, {"pref": 1}],
        "emails": [{"address": "ada@b.example"}, {"address": "ada@B.example"}],
    }
    assert broken(value, type_) == [(preferred, "/phones/1/pref"), (once, "/emails/1/address")]


@pytest.mark.parametrize(
    ("addresses", "pointers"),
    [
        (["Ada@b.example", "ada@b.example"], []),
        (["Zoe\u0308@b.example", "Zo\u00eb@b.example"], ["/emails/1/address"]),
        (["a@b", "c@b", "a@B", "c@b"], ["/emails/2/address", "/emails/3/address"]),
        (["a@b", None, 1, "a"], []),
    ],
)
def test_c6_compares_as_same_value_does(addresses: list[Any], pointers: list[str]) -> None:
    """C6 takes the local part as it is written, and the domain without case."""
    value = {"emails": [*({"address": address} for address in addresses), "x", {}]}
    assert broken(value) == [("C6", pointer) for pointer in pointers]


@pytest.mark.parametrize(
    ("flags", "pointers"),
    [
        ([True, False, None], []),
        ([True, 1, "true"], []),
        ([False, True, True], ["/organizations/2/primary"]),
    ],
)
def test_c7_counts_primary_organizations(flags: list[Any], pointers: list[str]) -> None:
    """C7 counts primary organizations."""
    value = {"name": {"full": "Ada"}, "organizations": [{"primary": flag} for flag in flags]}
    assert broken(value) == [("C7", pointer) for pointer in pointers]


@pytest.mark.parametrize(
    ("value", "country", "kept"),
    [
        ("DE136695976", "DE", True),
        ("DE136695976", None, True),
        ("EL094019245", "GR", True),
        ("GR094019245", "GR", False),
        ("GB123456789", "GB", True),
        ("XI123456789", "GB", True),
        ("XI123456789", "IE", False),
        ("ATU12345678", "DE", False),
        ("136695976", "DE", False),
        ("136695976", None, False),
        ("DE 136695976", "DE", False),
        ("de136695976", "DE", False),
        ("DE1", "DE", False),
        ("DE12345678901234", "DE", False),
        ("DE136695976\n", "DE", False),
        (136695976, "DE", True),
    ],
)
def test_o2_asks_for_the_prefix_of_the_country(
    value: Any, country: str | None, *, kept: bool
) -> None:
    """O2 asks for the prefix of the country; a value of another type is the schema's matter."""
    identifier = {"scheme": "vat", "value": value} | ({"country": country} if country else {})
    others = [{"scheme": "tax", "value": "1", "country": "DE"}, None]
    found = broken({"identifiers": [*others, identifier]}, "organization")
    assert found == ([] if kept else [("O2", "/identifiers/2/value")])


@pytest.mark.parametrize(
    ("schema", "members"),
    [
        ({"type": "string", "enum": ["a"], "maxLength": 1}, []),
        ({"type": "string", "format": "date", "maxLength": 10, "enum": ["2026-03-01"]}, []),
        ({"type": "string", "format": "date", "enum": ["today", "2026-03-01"]}, []),
        ({"type": "string", "format": "date", "enum": ["today", "2026-02-30"]}, ["enum"]),
        ({"type": "string", "format": "date", "maxLength": 9}, ["maxLength"]),
        ({"type": "string", "maxLength": 1, "enum": ["ab", 1]}, ["enum"]),
        ({"type": "string", "minimum": 1, "items": {}}, ["minimum", "items"]),
        ({"type": "integer", "minimum": 1, "maximum": 1}, []),
        ({"type": "integer", "minimum": 0.5, "maximum": 0.9}, ["minimum"]),
        ({"type": "number", "minimum": 0.5, "maximum": 0.9}, []),
        ({"type": "number", "minimum": 1, "maximum": 0}, ["minimum"]),
        ({"type": "number", "minimum": True, "maximum": False}, []),
        ({"type": "integer", "minimum": float("inf"), "maximum": 1}, []),
        ({"type": "number", "enum": ["1"], "format": None}, ["enum"]),
        ({"type": "array", "items": {"type": "string", "enum": ["a"]}}, []),
        ({"type": "array", "enum": ["a"]}, ["enum"]),
        ({"type": "boolean", "maxLength": 1}, ["maxLength"]),
        ({"type": "string", "maxLength": "1", "format": "colour", "enum": ["abc"]}, []),
        ({"type": 1}, []),
        ("string", []),
    ],
)
def test_cf1_asks_for_a_schema_that_some_value_satisfies(schema: Any, members: list[str]) -> None:
    """CF1 asks for keywords that go with the type, and for a value that satisfies them."""
    found = broken({"schema": schema}, "custom_field_definition")
    assert found == [("CF1", f"/schema/{name}") for name in members]
