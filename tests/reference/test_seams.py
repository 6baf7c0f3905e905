"""The small functions that the provider decides with."""

from dataclasses import replace

import pytest

from sbw_reference import members, merging, pages, places, records, tags
from sbw_reference.behaviours import hook
from sbw_reference.errors import UsageError
from sbw_reference.records import Row
from sbw_reference.server import shown
from sbw_validator.schemas import load_schemas
from sbw_validator.standard import load_standard

RFC_7396 = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("current", "patch", "wanted"), RFC_7396)
def test_merge_patch_is_that_of_the_rfc(current: object, patch: object, wanted: object) -> None:
    """RFC 7396, appendix A."""
    assert merging.merge(current, patch) == wanted


def test_read_only_members_are_those_that_a_write_lacks() -> None:
    """`type` may be sent, as a write's schema has it."""
    schemas = load_schemas(load_standard())
    inside = {("organizations", "*", "ref", name) for name in ("href", "state")}
    assert set(members.read_only(schemas, "contact")) == {("id",), ("meta",), *inside}
    assert members.defaults(schemas.bundle("contact")) == {"external_ids": []}


def test_members_are_taken_out_at_their_place() -> None:
    """In objects and arrays; a place that is not there changes nothing."""
    value = {"a": [{"b": 1, "c": 2}], "d": {"e": 3}}
    assert places.without(value, ("a", 0, "b")) == {"a": [{"c": 2}], "d": {"e": 3}}
    assert places.without(value, ("a", 0)) == {"a": [], "d": {"e": 3}}
    assert places.without(value, ("d", "e")) == {"a": value["a"], "d": {}}
    for path in (("x",), ("a", 7, "b"), ("d", "e", "f"), ("a", 0, "x"), ("d", 0)):
        assert places.without(value, path) == value


def test_instants_are_written_to_the_millisecond() -> None:
    """Also where they are whole seconds."""
    assert records.timestamp(0) == "1970-01-01T00:00:00.000Z"
    assert records.timestamp(1_772_357_400_125) == "2026-03-01T09:30:00.125Z"


def test_addresses_are_quoted() -> None:
    """An id of any form is one segment of a path."""
    assert pages.location("http://x/y", "a b~c") == "http://x/y/a%20b~c"
    assert pages.link("http://x") == '<http://x>; rel="next"'


def test_a_tag_of_another_version_does_not_match() -> None:
    """A version is compared whole."""
    assert tags.matches('"a", W/"b-gzip"', "b", "update")
    assert not tags.matches('"ab"', "a", "update")


def test_no_password_is_shown() -> None:
    """The URL of a database is told without it."""
    assert shown("postgresql+psycopg://me:secret@host/db") == "postgresql+psycopg://me@host/db"
    assert shown("sqlite:///x.db") == "sqlite:///x.db"


def test_external_ids_are_taken_once() -> None:
    """Of a body that names one twice."""
    entry = {"app": "com.a", "id": "1"}
    assert len(records.external_keys({"external_ids": [entry, entry]})) == 1
    assert records.external_keys({}) == ()


def test_a_row_is_marked() -> None:
    """A copy is seen or unseen; the row stays."""
    row = Row("t", "x", "1", "1", 0, 0, {}, "com.a")
    assert records.marked(row, readable=False, listed=True).readable is False
    assert row.readable is True


def test_a_hook_that_is_not_there_is_told() -> None:
    """What the registry names is looked for, and a sentence says what is wrong."""
    resource = load_standard().resources["business"]
    assert hook(resource, "seed") is not None
    assert hook(resource, "compute") is None
    for place in ("nowhere:nothing", "business.nothing", "nowhere.nothing"):
        with pytest.raises(UsageError, match=place):
            hook(replace(resource, hooks={"seed": place}), "seed")
