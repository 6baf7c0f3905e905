"""Freedoms of values: what is the same though it is written in another way."""

import random
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from sbw_reference.auth import Grant
from sbw_reference.declarations import Declares
from sbw_reference.defects.variants import VENDOR, Variant
from sbw_reference.defects.variants_http import SMALLEST_BATCH, without_controls
from sbw_reference.defects.variants_ids import typed, written_type
from sbw_validator.schemas import load_schemas
from sbw_validator.shape import Schema, annotation, items, member, members
from sbw_validator.standard import load_standard
from sbw_validator.values import mailbox

Record = dict[str, Any]
EXTENSIONS = "extensions"
PLAIN = ("sbw_version", "conforms_to", "app", "resources", "auth", "openness")
"""What a landing page cannot do without."""


def _decimal(text: str) -> str:
    return f"{Decimal(text).normalize():f}"


SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "text": lambda text: unicodedata.normalize("NFC", text),
    "email": lambda text: "@".join(mailbox(text)),
    "decimal": _decimal,
    "language": str.lower,
}
"""How each kind of comparison lets a text be spelled by everybody."""


def _respelled(value: Any, bundle: Schema, schema: Schema | None) -> Any:
    """Return a value in its one spelling: text composed, decimals and domains normal, sets sorted.

    What the schema does not know stays as it is.
    """
    if schema is None:
        return value
    kind = annotation(bundle, schema, "x-same-value")
    if isinstance(value, dict):
        return {
            name: _respelled(one, bundle, member(bundle, schema, name))
            for name, one in value.items()
        }
    if isinstance(value, list):
        inner = items(bundle, schema)
        found = [_respelled(one, bundle, inner) for one in value]
        return sorted(found, key=repr) if kind == "set" else found
    return SPELLINGS[kind](value) if isinstance(value, str) and kind in SPELLINGS else value


def _one_spelling(original: Any) -> Any:
    def keep(body: Record, operation: str) -> Record:
        bundle = load_schemas(load_standard()).bundle(written_type())
        found: Record = _respelled(original(body, operation), bundle, bundle)
        return found

    return keep


@cache
def _arrays(type_: str) -> tuple[str, ...]:
    """Return the members of a type that are arrays and can be empty."""
    bundle = load_schemas(load_standard()).bundle(type_)
    return tuple(
        name
        for name in members(bundle, bundle)
        if (found := member(bundle, bundle, name)) is not None
        and annotation(bundle, found, "type") == "array"
        and annotation(bundle, found, "minItems") is None
    )


def _with_empties(record: Record) -> Record:
    return {**{name: [] for name in _arrays(record["type"])}, **record}


def _finer(record: Record) -> Record:
    """Write instants to the nanosecond, or to the second where nothing is lost."""

    def fine(text: str) -> str:
        whole, _, rest = text.removesuffix("Z").partition(".")
        return f"{whole}Z" if not rest.strip("0") else f"{whole}.{rest.ljust(9, '0')}Z"

    meta = record["meta"]
    spelled = {name: fine(meta[name]) for name in ("created_at", "updated_at")}
    return {**record, "meta": {**meta, **spelled}}


def _without_origin(record: Record) -> Record:
    meta = {name: value for name, value in record["meta"].items() if name != "origin"}
    return {**record, "meta": meta}


def _showing(change: Callable[[Record], Record]) -> Any:
    """Show records in another way."""

    def make(original: Any) -> Any:
        def serialise(record: Record, operation: str, grant: Grant) -> Record:
            return change(original(record, operation, grant))

        return serialise

    return make


def _bare(original: Any) -> Any:
    """Say on the landing page what has to be said, and nothing else."""

    def landing(page: Record) -> Record:
        shown: Record = original(page)
        resources = {
            name: {member: entry[member] for member in ("href", "operations")}
            for name, entry in shown["resources"].items()
        }
        classes = [uri for uri in shown["conforms_to"] if not uri.endswith("/sandbox")]
        app = {name: shown["app"][name] for name in ("id", "name")}
        found = {name: shown[name] for name in PLAIN}
        auth = {"schemes": ["bearer"]}
        openness = {"registration": "closed"}
        said = {"conforms_to": classes, "app": app, "resources": resources}
        return {**found, **said, "auth": auth, "openness": openness}

    return landing


def _no_filters() -> Declares:
    written = load_standard().resources.values()
    return {resource.type: {"filters": []} for resource in written if resource.writable}


def _no_extensions() -> Declares:
    """Return what a vendor declares that knows nothing of apps: their objects have no place."""
    standard = load_standard()
    found: dict[str, Mapping[str, Any]] = {}
    for resource in standard.resources.values():
        bundle = load_schemas(standard).bundle(resource.type)
        if resource.writable and EXTENSIONS in members(bundle, bundle):
            found[resource.type] = {"unsupported": [f"/{EXTENSIONS}"]}
    return found


def _shuffled(original: Any) -> Any:
    """Write the members of every object in an order of chance, and one that nobody knows.

    Records have no such one.
    """
    chance = random.Random(0)  # noqa: S311  # an order is no secret

    def mixed(value: Any) -> Any:
        if isinstance(value, list):
            return [mixed(one) for one in value]
        if not isinstance(value, dict):
            return value
        pairs = [(name, mixed(one)) for name, one in value.items()]
        chance.shuffle(pairs)
        return dict(pairs)

    def encode(document: Any) -> bytes:
        # A record that is read has no member that it has not in a list.
        other = isinstance(document, dict) and "meta" not in document
        more = {VENDOR: {"took": 7}} if other else {}
        found: bytes = original(mixed({**document, **more} if more else document))
        return found

    return encode


VARIANTS = (
    Variant(
        "one-spelling",
        "Text is composed, domains and languages are in lower case, decimals normal, sets sorted",
        {"keep": _one_spelling, "commit": typed},
    ),
    Variant(
        "empty-arrays",
        "An array that nobody wrote is shown empty",
        {"serialise": _showing(_with_empties)},
    ),
    Variant(
        "fine-instants",
        "Instants are written to the nanosecond, or to the second where that says it all",
        {"serialise": _showing(_finer)},
    ),
    Variant(
        "no-origin",
        "Nothing is said of the app that made a record, and no app has members of its own",
        {"serialise": _showing(_without_origin)},
        _no_extensions,
    ),
    Variant(
        "bare",
        "The landing page says no more than it has to, and there are no optional filters",
        {
            "landing": _bare,
            "batch_limit": lambda _original: lambda _declared: SMALLEST_BATCH,
            "middleware": without_controls,
        },
        _no_filters,
    ),
    Variant(
        "shuffled",
        "Members stand in an order of chance, and every document that is no record has one more",
        {"encode": _shuffled},
    ),
)
