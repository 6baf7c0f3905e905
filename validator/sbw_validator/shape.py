"""What a self-contained schema (a bundle) says about a place in a value.

In a path or a pointer of a schema `*` stands for any index of an array.
"""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]
APPLICATORS = ("allOf", "anyOf", "oneOf")
CONDITIONALS = ("then", "else")
ANY = "*"
ANYTHING: Schema = {"additionalProperties": True}


def resolve(bundle: Schema, reference: str) -> Any:
    """Return what a `$ref` of a bundle leads to: `#` or `#/$defs/name`."""
    target: Any = bundle
    for part in reference.removeprefix("#").split("/")[1:]:
        target = target[part.replace("~1", "/").replace("~0", "~")]
    return target


def facets(bundle: Schema, schema: Any) -> Iterator[Schema]:
    """Yield the schema and all that it applies to the same place, references followed."""
    waiting, seen = [schema], set()
    while waiting:
        facet = waiting.pop(0)
        if not isinstance(facet, dict) or id(facet) in seen:
            continue
        seen.add(id(facet))
        yield facet
        if "$ref" in facet:
            waiting.append(resolve(bundle, facet["$ref"]))
        for keyword in APPLICATORS:
            waiting.extend(facet.get(keyword, ()))
        waiting.extend(facet[keyword] for keyword in CONDITIONALS if keyword in facet)


def member(bundle: Schema, schema: Any, name: str) -> Schema | None:
    """Return what applies to a member as one schema; None for a member that is not known."""
    found = []
    for facet in facets(bundle, schema):
        if name in facet.get("properties", {}):
            found.append(facet["properties"][name])
        elif isinstance(facet.get("additionalProperties"), dict):
            found.append(facet["additionalProperties"])
        elif facet.get("additionalProperties") is True:
            found.append(ANYTHING)
    return _all(found)


def items(bundle: Schema, schema: Any) -> Schema | None:
    """Return what applies to the elements of an array as one schema; None if nothing does."""
    said = list(facets(bundle, schema))
    found = [facet["items"] for facet in said if "items" in facet]
    return _all(found + [facet for facet in said if facet is ANYTHING])


def members(bundle: Schema, schema: Any) -> dict[str, None]:
    """Return the names that the schema knows, in its order, as a dict for the sake of order."""
    return {name: None for facet in facets(bundle, schema) for name in facet.get("properties", {})}


def annotation(bundle: Schema, schema: Any, keyword: str) -> Any:
    """Return the first value of an annotation at the place; None if there is none."""
    for facet in facets(bundle, schema):
        if keyword in facet:
            return facet[keyword]
    return None


def at(bundle: Schema, schema: Any, parts: list[str]) -> Schema | None:
    """Return what applies at a path of member names, indexes and `*`; None for an unknown one."""
    place: Schema | None = schema
    for part in parts:
        if place is None:
            return None
        inner = member(bundle, place, part)
        index = part.isdigit() or part == ANY
        place = items(bundle, place) if inner is None and index else inner
    return place


def places(bundle: Schema) -> Iterator[tuple[tuple[str, ...], Schema]]:
    """Yield path and schema of every place that the schema knows, each once, outermost first.

    A schema that refers to itself is followed once. Members of a map are not places.
    """
    waiting: list[tuple[tuple[str, ...], Schema, frozenset[str]]] = [((), bundle, frozenset())]
    while waiting:
        path, schema, outer = waiting.pop(0)
        references = [facet["$ref"] for facet in facets(bundle, schema) if "$ref" in facet]
        if not outer.isdisjoint(references):
            continue
        yield path, schema
        inner = {name: member(bundle, schema, name) for name in members(bundle, schema)}
        inner |= {ANY: items(bundle, schema)}
        within = outer.union(references)
        known = [(name, found) for name, found in inner.items() if found is not None]
        waiting.extend(((*path, name), found, within) for name, found in known)


def _all(found: list[Any]) -> Schema | None:
    schemas = [schema for schema in found if isinstance(schema, dict)]
    if len(schemas) == 1:
        return schemas[0]
    return {"allOf": schemas} if schemas else None
