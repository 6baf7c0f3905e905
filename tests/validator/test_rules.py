"""Rules of the standard that no schema can say."""

from typing import Any

import pytest

from sbw_validator.rules import rules, rules_for


def broken(value: dict[str, Any]) -> list[tuple[str, str]]:
    """Return requirement and pointer of each rule that a contact breaks."""
    return [(f.requirement, f.pointer) for rule in rules_for("contact") for f in rule.check(value)]


def test_rules_are_found_by_type() -> None:
    """Rules are found by type."""
    assert [rule.id for rule in rules_for("contact")] == ["C1", "C2"]
    assert rules_for("business") == ()
    assert {rule.id: rule.on_patch for rule in rules()} == {"C1": False, "C2": True}


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
