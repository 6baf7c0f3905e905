"""Pointers and patterns: what they lead to, and bodies with something else there."""

from typing import Any

import pytest

from sbw_conformance.checks import pointers

VALUE: dict[str, Any] = {
    "name": {"given": "Ada", "a/b": 1, "m~n": 2, "": 3, "0": "zero", "*": "star"},
    "emails": [
        {"address": "a@x.example", "contexts": ["work", "private"]},
        {"address": "b@x.example"},
    ],
    "tags": [],
    "off": None,
}


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("", [""]),
        ("/name", ["/name"]),
        ("/name/given", ["/name/given"]),
        ("/name/a~1b", ["/name/a~1b"]),
        ("/name/m~0n", ["/name/m~0n"]),
        ("/name/", ["/name/"]),
        ("/name/0", ["/name/0"]),
        ("/emails/*", ["/emails/0", "/emails/1"]),
        ("/emails/*/address", ["/emails/0/address", "/emails/1/address"]),
        ("/emails/1/address", ["/emails/1/address"]),
        ("/emails/*/contexts", ["/emails/0/contexts"]),
        ("/emails/*/contexts/*", ["/emails/0/contexts/0", "/emails/0/contexts/1"]),
        ("/emails/2", []),
        ("/emails/address", []),
        ("/emails/*/no", []),
        ("/tags/*", []),
        ("/off", ["/off"]),
        ("/off/*", []),
        ("/off/more", []),
        ("/name/given/more", []),
        ("/no", []),
    ],
)
def test_a_pattern_leads_to_what_is_there(pattern: str, found: list[str]) -> None:
    """A star stands for every element of an array; what is not there is not found."""
    assert pointers.places(VALUE, pattern) == found
    for place in found:
        assert pointers.places(VALUE, place) == [place]


def test_a_star_is_no_member_name() -> None:
    """In an object it is a name like any other, as registry and landing page never write it."""
    assert pointers.places(VALUE, "/name/*") == ["/name/*"]
    assert pointers.places({"name": {"given": "Ada"}}, "/name/*") == []


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", VALUE),
        ("/name/a~1b", 1),
        ("/name/m~0n", 2),
        ("/name/", 3),
        ("/name/0", "zero"),
        ("/emails/1/address", "b@x.example"),
        ("/emails/0/contexts/1", "private"),
        ("/emails/2/address", None),
        ("/emails/-1/address", None),
        ("/emails/²", None),
        ("/emails/x", None),
        ("/name/given/0", None),
        ("/off", None),
        ("/off/x", None),
        ("/no/where", None),
    ],
)
def test_what_stands_at_a_pointer(pointer: str, value: Any) -> None:
    """Indexes lead into arrays, names into objects, and nothing is nowhere."""
    assert pointers.at(VALUE, pointer) == value


def test_every_leaf_is_found_by_its_pointer() -> None:
    """Leaves and objects are named so that their pointers lead back to them."""
    found = dict(pointers.leaves(VALUE))
    assert found
    assert all(pointers.at(VALUE, place) == leaf for place, leaf in found.items())
    assert "/name/a~1b" in found
    assert list(pointers.objects(VALUE)) == ["", "/name", "/emails/0", "/emails/1"]
    assert pointers.kind_of("/emails/0/contexts/1") == "/emails/*/contexts/*"
    assert pointers.parts("/a~1b/m~0n/~01") == ["a/b", "m~n", "~1"]
    assert pointers.escape("~1/") == "~01~1"


@pytest.mark.parametrize("place", [place for place, _ in pointers.leaves(VALUE)])
def test_something_else_is_put_where_a_leaf_stood(place: str) -> None:
    """Put changes one place of a copy, and removal takes it away; the value stays as it was."""
    before = pointers.copy(VALUE)
    changed = pointers.put(VALUE, place, {"new": [1]})
    assert pointers.at(changed, place) == {"new": [1]}
    assert pointers.put(changed, place, pointers.at(VALUE, place)) == VALUE
    less = pointers.removed(VALUE, place)
    assert len(list(pointers.leaves(less))) == len(list(pointers.leaves(VALUE))) - 1
    assert before == VALUE


def test_a_new_member_is_put_beside_others() -> None:
    """Put makes a member that was not there, in an object and in an element."""
    assert pointers.put({"a": {}}, "/a/b", 1) == {"a": {"b": 1}}
    assert pointers.put({"a": [{"b": 1}]}, "/a/0/c", 2) == {"a": [{"b": 1, "c": 2}]}


def test_removal_of_elements_moves_those_behind() -> None:
    """Who removes several elements begins with the last, as places come in their order."""
    value: Any = {"a": [{"b": 1}, {"b": 2}, {"c": 3}]}
    for place in reversed(pointers.places(value, "/a/*")[:2]):
        value = pointers.removed(value, place)
    assert value == {"a": [{"c": 3}]}


def test_what_is_not_there_is_neither_put_nor_removed() -> None:
    """A pointer through nothing is a mistake of the caller, and no silent change."""
    for place in ("/no/where", "/tags/0/x", "/emails/7/address"):
        with pytest.raises((KeyError, IndexError)):
            pointers.put(VALUE, place, 1)
        with pytest.raises((KeyError, IndexError)):
            pointers.removed(VALUE, place)


@pytest.mark.parametrize(
    ("pattern", "value", "body"),
    [
        ("/name", "x", {"name": "x"}),
        ("/emails/*/address", "x", {"emails": [{"address": "x"}]}),
        ("/a/*/b/*", 1, {"a": [{"b": [1]}]}),
        ("/a~1b/c", {}, {"a/b": {"c": {}}}),
        ("", {"a": 1}, {"a": 1}),
    ],
)
def test_the_smallest_body_that_has_a_place(pattern: str, value: Any, body: Any) -> None:
    """Each star is an array of one element, and the pattern leads to the value."""
    assert pointers.nested_at(pattern, value) == body
    [place] = pointers.places(body, pattern)
    assert pointers.at(body, place) == value


def test_a_merge_patch_reaches_through_objects() -> None:
    """Nested is what a merge patch says of one member."""
    assert pointers.nested("/name/given", "Ada") == {"name": {"given": "Ada"}}
    assert pointers.nested("/name/a~1b", None) == {"name": {"a/b": None}}
    assert pointers.nested("/name", 1) == {"name": 1}


def test_a_copy_shares_nothing() -> None:
    """What is done to a copy is not done to the value."""
    other = pointers.copy(VALUE)
    other["emails"][0]["address"] = "c@x.example"
    other["name"].clear()
    assert VALUE["emails"][0]["address"] == "a@x.example"
    assert VALUE["name"]["given"] == "Ada"
