"""Hypothesis strategies for bodies, read off a resource's schema."""

import threading
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from sbw_conformance.checks import bodies
from sbw_conformance.checks.limits import matches
from sbw_conformance.checks.pointers import at
from sbw_validator.schemas import load_schemas
from sbw_validator.standard import Resource, Standard

TEXTS = (
    "Ada",
    "O'Hara",
    "Zoë Núñez",
    "Zoe\u0308 in form D",
    "山田 太郎",
    "محمد (Mohammed)",
    "Ǆ ﬁ İ ß",
    "🦄 & Sons <b>",
    "👩\u200d👩\u200d👧 🇨🇭 family",
    "Anne-Marie von der Straße",
    'quote " back \\ slash / %2F + ;',
    " padded  twice ",
    "0",
    "null",
    "007",
    "=1+1",
    "'; DROP TABLE contacts; --",
    "{{7*7}} ${x} &amp; &lt;",
    "no\u00a0break",
    "x" * 60,
    "é" * 250,
    "𝄞" * 250,
    "first\nsecond\tthird",
)
"""What people write, and what careless code makes something else of."""

EMAILS = (
    "ada@example.com",
    "Ada.Lovelace+News@Example.com",
    "o'hara@sub.example.org",
    "用户@example.com",
    "user@bücher.example",
    f"{'l' * 64}@example.com",
    "a!#$%&*/=?^_`{|}~-b@example.com",
)
NUMBERS = ("0", "-8.5417", "0.0000000001", "999999999999999.5", "12.50")
"""Decimals that floating point or a column of money would spoil."""

MOST_ITEMS = 5
Json = st.SearchStrategy[Any]

DRAWING = threading.Lock()
"""Hypothesis draws for one thread at a time."""


@lru_cache
def bodies_of(standard: Standard, resource: Resource) -> Json:
    """Bodies of a create that the standard allows, without external ids.

    One in a few has the members of an example: what a rule ties together is seldom drawn.
    """
    apart = _elsewhere(load_schemas(standard).bundle(resource.type, "create"), resource)
    examples = [example.value for example in bodies.valid(standard, resource)]
    kept = [{n: value for n, value in body.items() if n not in apart} for body in examples]
    over = st.sampled_from([{}] * 3 * len(kept) + kept)
    whole = st.builds(lambda drawn, over: {**drawn, **over}, _object(standard, resource), over)
    return whole.filter(lambda body: bodies.accepted(standard, resource, body))


@lru_cache
def patches_of(standard: Standard, resource: Resource) -> Json:
    """Merge patches: some members of a body, some cleared; not all leave a record valid."""
    schema = load_schemas(standard).bundle(resource.type, "create")
    clearable = sorted(set(schema["properties"]) - _elsewhere(schema, resource))
    clears = st.dictionaries(st.sampled_from(clearable), st.none(), max_size=2)
    members = _object(standard, resource)
    return st.builds(lambda some, cleared: {**some, **cleared}, members, clears)


def _object(standard: Standard, resource: Resource) -> Json:
    schema = load_schemas(standard).bundle(resource.type, "create")
    return _from(schema, schema, skip=_elsewhere(schema, resource))


def _elsewhere(schema: Mapping[str, Any], resource: Resource) -> frozenset[str]:
    """Members whose values are no matter of the schema alone: other records and apps decide."""
    references = {pointer.split("/")[1] for pointer in resource.refs}
    native = {name for name in schema["properties"] if name.startswith("native_")}
    other = {"external_ids", "type", "custom_fields", "extensions"}
    return frozenset(references | native | other)


def _from(
    schema: Mapping[str, Any], root: Mapping[str, Any], *, skip: frozenset[str] = frozenset()
) -> Json:
    """Values of a schema; what it says across members is left to a filter by the validator."""
    parts = list(_parts(schema, root))
    merged: dict[str, Any] = {}
    for part in parts:
        merged |= {name: value for name, value in part.items() if name != "properties"}
    properties = {
        name: value for part in parts for name, value in part.get("properties", {}).items()
    }
    if properties:
        return _members(properties, merged, root, skip)
    if "const" in merged:
        return st.just(merged["const"])
    if "enum" in merged:
        return st.sampled_from(merged["enum"])
    if branches := merged.get("oneOf") or merged.get("anyOf"):
        return st.one_of([_from(branch, root) for branch in branches])
    return _leaf(merged, root)


def _members(
    properties: Mapping[str, Any], merged: Mapping[str, Any], root: Any, skip: frozenset[str]
) -> Json:
    required = set(merged.get("required", ()))
    fields = {name: _from(part, root) for name, part in properties.items() if name not in skip}
    choices = [set(branch.get("required", ())) for branch in merged.get("anyOf", ())] or [set()]
    return st.one_of(
        [
            st.fixed_dictionaries(
                {name: fields[name] for name in sorted((required | chosen) & set(fields))},
                optional={name: fields[name] for name in sorted(set(fields) - required - chosen)},
            )
            for chosen in choices
        ]
    )


def _leaf(schema: Mapping[str, Any], root: Any) -> Json:  # one a kind of leaf
    kind, same = schema.get("type"), schema.get("x-same-value")
    if kind == "array":
        unique = schema.get("uniqueItems", False)
        most = min(MOST_ITEMS, schema.get("maxItems", MOST_ITEMS))
        items = _from(schema.get("items", {}), root)
        least = schema.get("minItems", 0)
        by = repr if unique else None
        return st.lists(items, min_size=least, max_size=max(most, least), unique_by=by)
    if kind in {"integer", "number"}:
        return st.integers(schema.get("minimum", 0), schema.get("maximum", 10_000))
    if kind == "boolean":
        return st.booleans()
    if schema.get("format") == "date-time":
        return st.datetimes().map(lambda d: d.isoformat(timespec="milliseconds") + "Z")
    if schema.get("format") == "date":
        return st.one_of(st.dates().map(lambda d: d.isoformat()), st.just("2024-02-29"))
    known = {"email": EMAILS, "decimal": NUMBERS}.get(same or "", TEXTS)
    fitting = [*schema.get("examples", ()), *(one for one in known if _fits(schema, one))]
    if not fitting and "pattern" in schema:
        # To draw from a pattern costs more than all the rest of a program.
        fitting = [text_like(schema["pattern"])]
    return st.sampled_from(fitting or ["Ada"])


def _fits(schema: Mapping[str, Any], text: str) -> bool:
    """Whether a text is as long as it may be, and of the right form."""
    least, most = schema.get("minLength", 0), schema.get("maxLength", len(text))
    forms = "pattern" not in schema or matches(schema["pattern"], text)
    return least <= len(text) <= most and forms and "format" not in schema


_ASCII = st.characters(min_codepoint=0x21, max_codepoint=0x7E)


@lru_cache
def text_like(pattern: str) -> str:
    """A text that fits an anchored pattern, always the same one."""
    found: list[str] = []

    @seed(0)
    @settings(
        max_examples=1,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.from_regex(pattern, fullmatch=True, alphabet=_ASCII))
    def draw(text: str) -> None:
        found.append(text)

    with DRAWING:
        draw()
    return found[0]


def _parts(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if reference := schema.get("$ref"):
        yield from _parts(at(root, str(reference).removeprefix("#")), root)
    for part in schema.get("allOf", ()):
        yield from _parts(part, root)
    yield schema
