"""The standard as data: its classes and its resource registry."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

from sbw_validator.data import data
from sbw_validator.yamlfile import Entry, YamlFile

SHAPES = frozenset({"collection", "singleton", "append_only", "query"})
OPERATIONS = ("list", "create", "read", "update", "delete")
WRITES = frozenset({"create", "update"})
MATURITIES = frozenset({"experimental", "candidate", "stable"})
DISPOSALS = frozenset({"delete", "restore", "permanent", "none"})
TRANSITION = "transition:"


@dataclass(frozen=True, slots=True)
class ConformanceClass:
    """What can be claimed, tested and passed alone.

    `text` is the name of its file under `spec/{version}`; a finding against a schema of the
    class carries `schema_requirement`.
    """

    name: str
    uri: str
    text: str
    depends_on: tuple[str, ...]
    resources: tuple[str, ...]
    maturity: str
    schema_requirement: str
    line: int


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
class Parameter:
    """A query parameter of a resource of shape query; `schema` is that of its value."""

    name: str
    schema: Mapping[str, Any]
    required: bool
    description: str


@dataclass(frozen=True, eq=False)
class Resource:
    """One entry of the registry `schemas/{version}/resources.yaml`."""

    type: str
    path: str
    schema: str
    class_name: str
    shape: str
    operations: tuple[str, ...]
    filters: tuple[str, ...]
    parameters: Mapping[str, Parameter]
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


@dataclass(frozen=True, eq=False)
class Standard:
    """One version of the standard; compared by identity, so that it can key a cache."""

    version: str
    base: str
    classes: Mapping[str, ConformanceClass]
    resources: Mapping[str, Resource]
    answers: Mapping[str, str]
    folder: Traversable = field(repr=False)

    @property
    def spec(self) -> Traversable:
        """Return the folder of the text."""
        return self.folder / "spec" / self.version

    @property
    def schemas(self) -> Traversable:
        """Return the folder of the schemas."""
        return self.folder / "schemas" / self.version

    @cached_property
    def _by_path(self) -> Mapping[str, Resource]:
        return {resource.path: resource for resource in self.resources.values()}

    def resource_at(self, path: str) -> Resource | None:
        """Return the resource with the path, such as `contacts`; None if there is none."""
        return self._by_path.get(path)

    def class_of(self, resource: str) -> ConformanceClass:
        """Return the class of a resource type."""
        return self.classes[self.resources[resource].class_name]

    def schema_requirement(self, name: str) -> str:
        """Return the requirement that a finding against the named schema carries."""
        if name in self.answers:
            return self.answers[name]
        return self.class_of(name).schema_requirement

    @property
    def record_requirement(self) -> str:
        """Return the requirement that every record of any class has to keep."""
        return self.classes["core"].schema_requirement


def load_standard(folder: Traversable | None = None, version: str = "draft") -> Standard:
    """Return a version of the standard, from `data()` where no folder is given.

    Cached by folder and version. StandardError with file and line if a file is wrong.
    """
    return _load(_Folder(folder or data()), version)


class _Folder:
    """A folder that equals another one with the same path."""

    def __init__(self, folder: Traversable) -> None:
        self.folder = folder
        self.path = str(folder)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Folder) and self.path == other.path

    def __hash__(self) -> int:
        return hash(self.path)


@lru_cache(maxsize=32)
def _load(key: _Folder, version: str) -> Standard:
    folder = key.folder
    texts = YamlFile(folder / "spec" / version / "classes.yaml")
    registry = YamlFile(folder / "schemas" / version / "resources.yaml")
    top = Entry(texts, (), texts.value)
    top.only({"version", "base", "classes"})
    top.choice("version", {version})
    entries = texts.entries("classes")
    answers = entries["core"].mapping("answers") if "core" in entries else {}
    classes = {name: _class(name, entry, entries) for name, entry in entries.items()}
    rows = registry.entries()
    resources = {type_: _resource(type_, entry, entries, rows) for type_, entry in rows.items()}
    return Standard(
        version=version,
        base=top.text("base"),
        classes=MappingProxyType(classes),
        resources=MappingProxyType(resources),
        answers=MappingProxyType(dict(answers)),
        folder=folder,
    )


CLASS_MEMBERS = frozenset(
    {"uri", "text", "depends_on", "resources", "maturity", "schema_requirement", "answers"}
)


def _class(name: str, entry: Entry, classes: Mapping[str, Entry]) -> ConformanceClass:
    entry.only(CLASS_MEMBERS)
    if "core" not in classes:
        entry.refuse("stands without a class `core`", "Add the class `core`.")
    return ConformanceClass(
        name=name,
        uri=entry.text("uri"),
        text=entry.text("text"),
        depends_on=entry.texts("depends_on", classes),
        resources=entry.texts("resources"),
        maturity=entry.choice("maturity", MATURITIES),
        schema_requirement=entry.text("schema_requirement"),
        line=entry.line,
    )


RESOURCE_MEMBERS = frozenset(
    {
        *("path", "schema", "class", "shape", "operations", "filters", "parameters"),
        *("disposal", "subject", "hooks", "minimal", "change"),
    }
)


def _resource(
    type_: str, entry: Entry, classes: Mapping[str, Entry], types: Mapping[str, Entry]
) -> Resource:
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
        parameters=MappingProxyType(_parameters(entry)),
        disposal=_disposal(entry, shape, types),
        subject=entry.texts("subject"),
        hooks=MappingProxyType({name: str(hook) for name, hook in entry.mapping("hooks").items()}),
        minimal=MappingProxyType(dict(entry.mapping("minimal"))) if entry.has("minimal") else None,
        change=_change(entry.entry("change")) if entry.has("change") else None,
        line=entry.line,
    )


def _parameters(entry: Entry) -> dict[str, Parameter]:
    found = {}
    for name in entry.mapping("parameters"):
        row = Entry(entry.file, (*entry.path, "parameters", name), entry.any("parameters")[name])
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
