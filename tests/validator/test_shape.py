"""What a schema says about a place."""

from sbw_validator import Standard, load_schemas
from sbw_validator.findings import parts_of, pointer_to
from sbw_validator.shape import annotation, at, places


def test_a_star_stands_for_any_index(standard: Standard) -> None:
    """A star stands for any index of an array."""
    bundle = load_schemas(standard).bundle("contact")
    for pointer in ("/emails/*/address", "/emails/0/address"):
        assert annotation(bundle, at(bundle, bundle, parts_of(pointer)), "x-same-value") == "email"
    assert at(bundle, bundle, parts_of("/name/*")) is None
    assert at(bundle, bundle, parts_of("/emails/*/adress")) is None
    assert at(bundle, bundle, parts_of("/extensions/com.example.crm/any/thing")) is not None


def test_places_are_all_that_a_schema_knows(standard: Standard) -> None:
    """Each place is told once, with what applies to it."""
    bundle = load_schemas(standard).bundle("contact")
    found = {pointer_to(*path): schema for path, schema in places(bundle)}
    assert len(found) == len(list(places(bundle)))
    wanted = {"", "/name/given", "/emails/*/contexts/*", "/organizations/*/ref/id", "/tags/*"}
    assert wanted < found.keys()
    assert "/organizations/*/ref/external_id" not in found
    assert annotation(bundle, found["/organizations/*/ref/type"], "const") == "organization"


def test_a_schema_that_refers_to_itself_is_followed_once() -> None:
    """A schema that refers to itself is followed once."""
    part = {"properties": {"name": {}, "part": {"$ref": "#/$defs/part"}}}
    bundle = {"properties": {"part": {"$ref": "#/$defs/part"}}, "$defs": {"part": part}}
    assert [pointer_to(*path) for path, _ in places(bundle)] == ["", "/part", "/part/name"]
