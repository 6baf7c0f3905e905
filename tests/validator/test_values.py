"""Same value."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbw_validator import Standard, load_schemas
from sbw_validator.values import Difference, differences, nanoseconds, same

DIALECT = "https://json-schema.org/draft/2020-12/schema"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["tags", "price", "name", "size", "x", "parts"]), inner)
    ),
    max_leaves=12,
)


def kind(name: str) -> dict[str, Any]:
    """Return a schema of texts that compare in a way."""
    return {"$schema": DIALECT, "type": "string", "x-same-value": name}


@pytest.mark.parametrize(
    ("how", "a", "b", "verdict"),
    [
        ("decimal", "1.50", "1.5", True),
        ("decimal", "0", "0.000", True),
        ("decimal", "10", "1e1", False),
        ("decimal", "1.5", "1.51", False),
        ("decimal", "x", "x ", False),
        ("decimal", "123456789012345.0000000001", "123456789012345.0000000002", False),
        ("text", "Zoe\u0308", "Zo\u00eb", True),
        ("text", "Zoe", "zoe", False),
        ("text", "a", "a ", False),
        ("email", "Ada@Example.COM", "Ada@example.com", True),
        ("email", "Ada@example.com", "ada@example.com", False),
        ("email", "a@b@Example.com", "a@b@example.com", True),
        ("email", "a@straße.example", "a@strasse.example", False),
        ("language", "de-ch", "de-CH", True),
        ("language", "de", "de-CH", False),
        ("instant", "2026-03-01T09:30:00Z", "2026-03-01T10:30:00.000+01:00", True),
        ("instant", "2026-03-01T09:30:00.1239Z", "2026-03-01T09:30:00.123Z", True),
        ("instant", "2026-03-01T09:30:00.1239Z", "2026-03-01T09:30:00.124Z", True),
        ("instant", "2026-03-01T09:30:00.123Z", "2026-03-01T09:30:00.124Z", False),
        ("instant", "2026-03-01T09:30:00Z", "2026-03-01T09:30:01Z", False),
        ("instant", "2026-12-31T23:59:60Z", "2027-01-01T00:00:00Z", True),
        ("instant", "yesterday", "today", False),
        ("instant", "2026-02-30T00:00:00Z", "2026-03-02T00:00:00Z", False),
        ("set", "a", "A", False),
    ],
)
def test_a_leaf_compares_as_its_schema_says(how: str, a: str, b: str, *, verdict: bool) -> None:
    """A leaf compares as its schema says."""
    assert same(a, b, kind(how)) is verdict
    assert same(b, a, kind(how)) is verdict
    assert same(a, a, kind(how))


def test_a_leaf_without_a_kind_compares_exactly() -> None:
    """A leaf without a kind compares exactly."""
    assert same("Zoe\u0308", "Zoe\u0308", {})
    assert not same("Zoe\u0308", "Zo\u00eb", {})
    assert not same("1.0", "1", {})


@pytest.mark.parametrize(
    ("a", "b", "verdict"),
    [
        (1, 1.0, True),
        (True, 1, False),
        (False, 0, False),
        (True, True, True),
        (None, [], True),
        (None, {}, True),
        (None, {"a": 1}, False),
        (None, {"a": {"b": None}, "c": []}, True),
        (None, "", False),
        (None, False, False),
        ([], {}, True),
        ("1", 1, False),
        ([1, 2], [2, 1], False),
        ([1], [1, None], False),
        ({"a": None, "b": []}, {}, True),
        ({"a": {}}, {}, True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
    ],
)
def test_values_of_any_type_compare(a: Any, b: Any, *, verdict: bool) -> None:
    """Values of any type compare."""
    assert same(a, b, {}) is verdict
    assert same(b, a, {}) is verdict


def test_a_set_compares_without_order_and_counts(widgets: Standard) -> None:
    """A set compares without order and counts."""
    bundle = load_schemas(widgets).bundle("widget")
    assert same({"tags": ["a", "Zoe\u0308"]}, {"tags": ["Zo\u00eb", "a"]}, bundle)
    assert not same({"tags": ["a", "b"]}, {"tags": ["a"]}, bundle)
    assert not same(
        {"parts": [{"name": "a"}, {"name": "b"}]}, {"parts": [{"name": "b"}, {"name": "a"}]}, bundle
    )
    assert differences({"tags": ["a", "b", "b"]}, {"tags": ["b", "c", "a"]}, bundle) == [
        Difference("/tags/2", "b", None),
        Difference("/tags/1", None, "c"),
    ]


def test_external_ids_are_a_set(standard: Standard) -> None:
    """External ids are a set."""
    bundle = load_schemas(standard).bundle("contact")
    one, two = {"app": "com.example.a", "id": "1"}, {"app": "com.example.b", "id": "2"}
    assert same({"external_ids": [one, two]}, {"external_ids": [two, one]}, bundle)
    assert not same({"external_ids": [one]}, {"external_ids": [two]}, bundle)


def test_entries_of_a_map_compare_as_its_schema_says() -> None:
    """Entries of a map compare as its schema says."""
    bundle = {"additionalProperties": kind("decimal")}
    assert same({"a": "1.0"}, {"a": "1"}, bundle)
    assert differences({"a": "1"}, {"a": "2", "b": "3"}, bundle) == [
        Difference("/a", "1", "2"),
        Difference("/b", None, "3"),
    ]


def test_an_open_object_compares_at_every_depth(standard: Standard) -> None:
    """What stands in an extension is known: nothing may be added to it or lost."""
    bundle = load_schemas(standard).bundle("contact")
    sent = {"extensions": {"com.example.crm": {"a": {"b": [1, {"c": "Zoe\u0308"}]}}}}
    assert differences(sent, {**sent, "nickname_of_later": 1}, bundle) == []
    more = {"extensions": {"com.example.crm": {"a": {"b": [1, {"c": "Zoe\u0308", "d": 1}]}}}}
    assert differences(sent, more, bundle) == [
        Difference("/extensions/com.example.crm/a/b/1/d", None, 1)
    ]
    normalised = {"extensions": {"com.example.crm": {"a": {"b": [1, {"c": "Zo\u00eb"}]}}}}
    assert [d.pointer for d in differences(sent, normalised, bundle)] == [
        "/extensions/com.example.crm/a/b/1/c"
    ]


def test_custom_fields_compare_by_their_kind(standard: Standard) -> None:
    """Texts compare after NFC, numbers as numbers, arrays in their order."""
    bundle = load_schemas(standard).bundle("contact")
    one = {"custom_fields": {"text": "Zoe\u0308", "number": 42.0, "list": ["a", "b"], "none": []}}
    two = {"custom_fields": {"text": "Zo\u00eb", "number": 42, "list": ["a", "b"]}}
    assert same(one, two, bundle)
    two["custom_fields"]["list"] = ["b", "a"]
    assert not same(one, two, bundle)


def test_a_schema_that_refers_to_itself_compares() -> None:
    """A schema that refers to itself compares at every depth."""
    bundle = {"properties": {"next": {"$ref": "#"}, "size": kind("decimal")}, "anyOf": [True]}
    assert same({"next": {"next": {"size": "1"}}}, {"next": {"next": {"size": "1.0"}}}, bundle)
    assert not same({"next": {"next": {"size": "1"}}}, {"next": {"next": {"size": "2"}}}, bundle)
    loop = {"allOf": [{"$ref": "#"}], "properties": {"size": kind("decimal")}}
    assert same({"size": "1"}, {"size": "1.0"}, loop)


def test_differences_name_place_and_both_values(widgets: Standard) -> None:
    """Differences name place and both values."""
    bundle = load_schemas(widgets).bundle("widget")
    sent = {
        "name": "Gizmo",
        "quantity": 3,
        "price": {"amount": "19.90", "currency": "CHF"},
        "parts": [{"name": "a", "weight": "1.0"}, {"name": "b"}],
        "made_at": "2026-03-01T09:30:00Z",
        "shade": "x",
    }
    got = {
        "name": "gizmo",
        "price": {"amount": "19.9", "currency": "EUR"},
        "parts": [{"name": "a", "weight": "1", "label": "y"}],
        "made_at": "2026-03-01T09:30:00.000Z",
        "active": True,
    }
    assert differences(sent, got, bundle) == [
        Difference("/name", "Gizmo", "gizmo"),
        Difference("/quantity", 3, None),
        Difference("/price/currency", "CHF", "EUR"),
        Difference("/parts/1", {"name": "b"}, None),
        Difference("/shade", "x", None),
        Difference(pointer="/active", sent=None, got=True),
    ]


def test_what_a_sender_cannot_send_is_passed_over_unless_asked_for(widgets: Standard) -> None:
    """What a sender cannot send is passed over unless asked for."""
    bundle = load_schemas(widgets).bundle("widget")
    sent = {"name": "Gizmo"}
    got = {"id": "w_1", "type": "widget", "meta": {"version": "1"}, **sent, "new": 1}
    assert differences(sent, got, bundle) == []
    assert [d.pointer for d in differences(sent, got, bundle, ignore_unknown=False)] == [
        "/id",
        "/type",
        "/meta",
        "/new",
    ]
    assert differences({"id": "w_2"}, got, bundle) == [
        Difference("/id", "w_2", "w_1"),
        Difference("/name", None, "Gizmo"),
    ]


def test_what_a_sender_left_to_the_provider_is_passed_over() -> None:
    """What a sender left to the provider is passed over; what was sent is compared."""
    schema = {
        "$schema": DIALECT,
        "properties": {"sum": {"type": "integer", "x-provided": True}, "note": {}},
    }
    assert not differences({"note": "a"}, {"note": "a", "sum": 3}, schema)
    assert differences({"note": "a", "sum": 2}, {"note": "a", "sum": 3}, schema)
    assert differences({"note": "a", "sum": 2}, {"note": "a"}, schema)
    assert differences({}, {"note": "a"}, schema)
    assert not same({"note": "a"}, {"note": "a", "sum": 3}, schema)


@pytest.mark.no_cover
@settings(deadline=None, derandomize=True)
@given(JSON, JSON)
def test_any_two_values_compare(widgets: Standard, a: Any, b: Any) -> None:
    """Any two values compare."""
    bundle = load_schemas(widgets).bundle("widget")
    assert same(a, b, bundle) is same(b, a, bundle)
    assert isinstance(differences(a, b, bundle), list)
    if "nan" not in repr(a):
        assert same(a, a, bundle)


def test_instants_are_nanoseconds() -> None:
    """Instants are nanoseconds."""
    assert nanoseconds("1970-01-01T00:00:01.5Z") == 1_500_000_000
    assert nanoseconds("1970-01-01T00:00:00-00:01") == 60_000_000_000
    assert nanoseconds("1970-01-01") is None
    assert nanoseconds("0000-01-01T00:00:00Z") is None
