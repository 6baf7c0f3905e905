"""Places in values, what records are found by there, and references among them."""

from typing import Any

import pytest

from sbw_reference import entries, native, places, references
from sbw_reference.constraints import limits_of
from sbw_reference.entries import Entry

BUNDLE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "emails": {
            "type": "array",
            "items": {
                "properties": {
                    "address": {"type": "string", "x-same-value": "email"},
                    "ref": {"type": "object"},
                }
            },
        },
        "total": {"type": "string", "x-same-value": "decimal"},
        "at": {"type": "string", "x-same-value": "instant"},
        "name": {"type": "string", "x-same-value": "text"},
        "language": {"type": "string", "x-same-value": "language"},
        "count": {"type": "integer"},
        "code": {"type": "string"},
    },
}
BODY: dict[str, Any] = {"a": [{"b": 1}, {"c": 2}, {"b": None}], "d": {"e": []}}


def test_a_pattern_leads_to_each_element() -> None:
    """And to nothing where there is none."""
    assert list(places.found(BODY, ("a", "*", "b"))) == [(("a", 0, "b"), 1), (("a", 2, "b"), None)]
    assert list(places.found(BODY, ("d", "e", "*"))) == []
    assert list(places.found(BODY, ("a", "b"))) == []
    assert list(places.found(BODY, ())) == [((), BODY)]


def test_what_is_lacking_is_told_at_its_place() -> None:
    """Empty is lacking too; elements that are not there lack nothing."""
    assert list(places.lacking(BODY, ("a", "*", "b"))) == [("a", 1, "b"), ("a", 2, "b")]
    assert list(places.lacking(BODY, ("d", "e"))) == [("d", "e")]
    assert list(places.lacking(BODY, ("x", "y"))) == [("x", "y")]
    assert list(places.lacking(BODY, ("x", "*", "y"))) == []
    assert list(places.lacking(BODY, ("a",))) == []
    assert list(places.lacking(BODY, ("a", "*"))) == []


def test_pointers_know_indexes_from_names() -> None:
    """A number is an index in an array alone."""
    assert places.path_in({"a": [{"0": 1}]}, "/a/0/0") == ("a", 0, "0")
    assert places.path_in({"a~b/c": 1}, "/a~0b~1c") == ("a~b/c",)
    assert places.at(BODY, ("a", 9, "b")) is None
    assert places.put(BODY, ("a", 1, "c"), 3)["a"][1] == {"c": 3}
    assert BODY["a"][1] == {"c": 2}


@pytest.mark.parametrize(
    ("pointer", "one", "other"),
    [
        ("/total", {"total": "1.50"}, {"total": "1.5"}),
        ("/total", {"total": "0.0"}, {"total": "0"}),
        ("/total", {"total": "100"}, {"total": "100.0"}),
        ("/at", {"at": "2026-03-01T10:00:00+01:00"}, {"at": "2026-03-01T09:00:00.0001Z"}),
        ("/name", {"name": "Zoe\u0308"}, {"name": "Zoë"}),
        ("/language", {"language": "de-CH"}, {"language": "DE-ch"}),
        ("/count", {"count": 7}, {"count": 7}),
        (
            "/emails/*/address",
            {"emails": [{"address": "a@X.example"}]},
            {"emails": [{"address": "a@x.example"}]},
        ),
    ],
)
def test_the_same_values_have_one_entry(pointer: str, one: Any, other: Any) -> None:
    """However they are written; other values have another one."""
    place = entries.value_place(pointer, BUNDLE)
    assert entries.entries_of((place,), one) == entries.entries_of((place,), other)
    assert entries.entries_of((place,), one) != entries.entries_of((place,), {})


def test_other_values_have_other_entries() -> None:
    """Text without a comparison of its own is compared as it is."""
    place = entries.value_place("/code", BUNDLE)
    assert entries.entries_of((place,), {"code": "A"}) == (Entry("/code", "A"),)
    assert entries.entries_of((place,), {"code": "1.0"}) != entries.entries_of(
        (place,), {"code": "1"}
    )
    strange = entries.value_place("/total", BUNDLE)
    assert entries.entries_of((strange,), {"total": "x"}) == (Entry("/total", "x"),)
    long = entries.entries_of((place,), {"code": "x" * 5000})
    assert long[0].text.startswith("sha256 ")
    assert entries.entries_of((place,), {"code": None}) == ()


def test_references_and_names_are_entries() -> None:
    """References by type and id, objects by the names of their members, each once."""
    refs = [{"type": "a", "id": "1"}, {"type": "a", "id": "1"}, {"external_id": {}}, {"id": "1"}]
    body = {"emails": [{"ref": ref} for ref in refs]}
    place = entries.reference_place("/emails/*/ref")
    assert entries.entries_of((place,), body) == (
        Entry("/emails/*/ref", "a/1"),
        Entry("/emails/*/ref", "/1"),
    )
    names = entries.name_place("/fields")
    assert entries.entries_of((names,), {"fields": {"b": 1, "a": 2}}) == (
        Entry("/fields", "b"),
        Entry("/fields", "a"),
    )
    assert entries.entries_of((names,), {}) == ()


def test_references_are_freed_with_their_elements() -> None:
    """Elements that refer go, empty arrays with them; other references stay."""
    gone, stays = {"type": "t", "id": "x"}, {"type": "u", "id": "x"}
    body = {"a": [{"r": gone}, {"r": stays, "n": 1}, {"r": gone}], "p": gone, "q": {"r": gone}}
    left = references.free(body, ("a", "*", "r"), "t/x")
    assert left["a"] == [{"r": stays, "n": 1}]
    assert "a" not in references.free({"a": [{"r": gone}]}, ("a", "*", "r"), "t/x")
    assert "p" not in references.free(body, ("p",), "t/x")
    assert references.free(body, ("q", "r"), "t/x")["q"] == {}
    assert references.free(body, ("p",), "t/z") == body


def test_old_codes_are_left_alone() -> None:
    """A code that is no longer declared stands in no other change's way."""
    codes = {"stage": {"new": "lead"}}
    old = {"stage": "customer", "native_stage": {"code": "old"}}
    assert native.settled(codes, old, {"x": 1}, {**old, "x": 1}) == {**old, "x": 1}
    assert list(native.disagreements(codes, old, old)) == []
    assert len(list(native.disagreements(codes, {}, old))) == 1
    moved = native.settled(codes, old, {"stage": "lead"}, {**old, "stage": "lead"})
    assert moved == {"stage": "lead"}


def test_limits_say_what_they_found() -> None:
    """The place, which limit, and what it says."""
    limits = limits_of({"/a/*/b": {"enum": [1]}, "/d/e": {"required": True, "unique": True}})
    found = [finding for limit in limits for finding in limit.findings(BODY)]
    assert [(finding.pointer, finding.keyword) for finding in found] == [
        ("/a/2/b", "enum"),
        ("/d/e", "required"),
    ]
