"""One entry of the resource registry `schemas/{version}/resources.yaml`, and how it is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sbw_validator.yamlfile import Entry

SHAPES = frozenset({"collection", "singleton", "append_only", "query"})
OPERATIONS = ("list", "create", "read", "update", "delete", "upsert")
WRITES = frozenset({"create", "update", "upsert"})
DISPOSALS = frozenset({"delete", "restore", "permanent", "none"})
ON_DELETE = frozenset({"restrict", "release"})
TRANSITION = "transition:"


@dataclass(frozen=True, slots=True)
class Disposal:
    """How a record goes away.

    `kind` is delete, transition (to `state`), restore, permanent or, for a query, none;
    records of the types in `after` go first.
    """

    kind: str
    state: str | None = None
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A leaf that every writer is free to change, and two values for it."""

    pointer: str
    values: tuple[Any, Any]


@dataclass(frozen=True, slots=True)
class Reference:
    """A place that refers to records of some types; `pointer` has `*` for any index of an array.

    `on_delete` says what happens when the record referred to is deleted: restrict refuses that,
    release lets it go, and the reference goes with it or stays with `state: gone`.
    """

    pointer: str
    types: tuple[str, ...]
    on_delete: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter of a resource of shape query; `schema` is that of its value."""

    name: str
    schema: Mapping[str, Any]
    required: bool
    description: str


@dataclass(frozen=True, eq=False)
class Resource:
    """One entry of the registry `schemas/{version}/resources.yaml`, which explains each member.

    `refs` are keyed by pointer; `selectors` lead from a query parameter to the pointer of the
    values that it selects by. Pointers have `*` for any index of an array.
    """

    type: str
    path: str
    schema: str
    class_name: str
    shape: str
    operations: tuple[str, ...]
    filters: tuple[str, ...]
    selectors: Mapping[str, str]
    parameters: Mapping[str, Parameter]
    refs: Mapping[str, Reference]
    unique: tuple[str, ...]
    disposal: Disposal
    subject: tuple[str, ...]
    hooks: Mapping[str, str]
    minimal: Mapping[str, Any] | None
    change: Change | None
    line: int = field(repr=False)

    @property
    def writable(self) -> bool:
        """Say whether a consumer can write it."""
        return not WRITES.isdisjoint(self.operations)

    @property
    def scope(self) -> str:
        """Return the name that its scopes begin with, such as `tax_rates`."""
        return self.path.replace("-", "_")


RESOURCE_MEMBERS = frozenset(
    {
        *("path", "schema", "class", "shape", "operations", "filters", "selectors"),
        *("parameters", "refs", "unique", "disposal", "subject", "hooks", "minimal", "change"),
    }
)


def read_resource(
    type_: str, entry: Entry, classes: Mapping[str, Entry], types: Mapping[str, Entry]
) -> Resource:
    """Return an entry of the registry; StandardError with file and line if it is wrong."""
    entry.only(RESOURCE_MEMBERS)
    shape = entry.choice("shape", SHAPES)
    if entry.has("parameters") and shape != "query":
        entry.refuse("is for the shape query only", "Use `filters` for a list.", "parameters")
    return Resource(
        type=type_,
        path=entry.text("path"),
        schema=entry.text("schema"),
        class_name=entry.choice("class", classes),
        shape=shape,
        operations=entry.texts("operations", OPERATIONS),
        filters=entry.texts("filters"),
        selectors=MappingProxyType(_named_texts(entry, "selectors")),
        parameters=MappingProxyType(_parameters(entry)),
        refs=MappingProxyType(_references(entry, types)),
        unique=entry.texts("unique"),
        disposal=_disposal(entry, shape, types),
        subject=entry.texts("subject"),
        hooks=MappingProxyType(_named_texts(entry, "hooks")),
        minimal=MappingProxyType(dict(entry.mapping("minimal"))) if entry.has("minimal") else None,
        change=_change(entry.entry("change")) if entry.has("change") else None,
        line=entry.line,
    )


def _named_texts(entry: Entry, key: str) -> dict[str, str]:
    """Return a mapping whose values are texts."""
    return {name: str(value) for name, value in entry.mapping(key).items()}


def _rows(entry: Entry, key: str) -> Mapping[str, Entry]:
    """Return the objects in a mapping, by name."""
    rows = entry.mapping(key)
    return {name: Entry(entry.file, (*entry.path, key, name), row) for name, row in rows.items()}


def _references(entry: Entry, types: Mapping[str, Entry]) -> dict[str, Reference]:
    found = {}
    for pointer, row in _rows(entry, "refs").items():
        row.only({"type", "on_delete"})
        found[pointer] = Reference(
            pointer=pointer,
            types=_types(row, types),
            on_delete=row.choice("on_delete", ON_DELETE),
        )
    return found


def _types(row: Entry, types: Mapping[str, Entry]) -> tuple[str, ...]:
    """Return the types that a reference leads to, written as one or as several."""
    several = isinstance(row.any("type"), list)
    return row.texts("type", types) if several else (row.choice("type", types),)


def _parameters(entry: Entry) -> dict[str, Parameter]:
    found = {}
    for name, row in _rows(entry, "parameters").items():
        row.only({"schema", "required", "description"})
        found[name] = Parameter(
            name=name,
            schema=MappingProxyType(dict(row.mapping("schema"))),
            required=row.any("required") is True,
            description=row.text("description"),
        )
    return found


def _disposal(entry: Entry, shape: str, types: Mapping[str, Entry]) -> Disposal:
    if shape == "query" and not entry.has("disposal"):
        return Disposal("none")
    after: tuple[str, ...] = ()
    if isinstance(entry.any("disposal"), dict):
        row = entry.entry("disposal")
        row.only({"kind", "after"})
        kind, after = row.text("kind"), row.texts("after", types)
    else:
        kind = entry.text("disposal")
    if kind.startswith(TRANSITION) and len(kind) > len(TRANSITION):
        return Disposal("transition", kind.removeprefix(TRANSITION), after)
    allowed = {"none"} if shape == "query" else DISPOSALS - {"none"}
    if kind not in allowed:
        known = ", ".join(sorted(allowed))
        entry.refuse(f"is {kind!r}", f"Use one of {known}, or transition:<state>.", "disposal")
    return Disposal(kind, None, after)


def _change(entry: Entry) -> Change:
    entry.only({"pointer", "values"})
    values = entry.any("values")
    if not isinstance(values, list) or len(values) != 2 or values[0] == values[1]:
        entry.refuse("is not a list of two different values", "Write two.", "values")
    return Change(entry.text("pointer"), (values[0], values[1]))
