"""The standard as data: its classes and its resource registry."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources.abc import Traversable
from types import MappingProxyType

from sbw_validator.data import data
from sbw_validator.once import once
from sbw_validator.registry import (
    OPERATIONS,
    Change,
    Disposal,
    Parameter,
    Reference,
    Resource,
    read_resource,
)
from sbw_validator.yamlfile import Entry, YamlFile

__all__ = [
    "OPERATIONS",
    "Change",
    "ConformanceClass",
    "Disposal",
    "Parameter",
    "Reference",
    "Resource",
    "Standard",
    "load_standard",
]

MATURITIES = frozenset({"experimental", "candidate", "stable"})


@dataclass(frozen=True, slots=True)
class ConformanceClass:
    """What can be claimed, tested and passed alone.

    `text` is the name of its file under `spec/{version}`. A claim offers the resources in
    `required` and at least one of `resources`, where there are any. A finding against a schema
    of the class carries `schema_requirement`, which is empty for a class without schemas.
    """

    name: str
    uri: str
    text: str
    depends_on: tuple[str, ...]
    resources: tuple[str, ...]
    required: tuple[str, ...]
    maturity: str
    schema_requirement: str
    line: int


@dataclass(frozen=True, eq=False)
class Standard:
    """One version of the standard; compared by identity, so that it can key a cache.

    `profiles` are lists of classes, some of which may not be written yet.
    """

    version: str
    base: str
    classes: Mapping[str, ConformanceClass]
    resources: Mapping[str, Resource]
    answers: Mapping[str, str]
    profiles: Mapping[str, tuple[str, ...]]
    folder: Traversable = field(repr=False)

    @property
    def spec(self) -> Traversable:
        """Return the folder of the text."""
        return self.folder / "spec" / self.version

    @property
    def schemas(self) -> Traversable:
        """Return the folder of the schemas."""
        return self.folder / "schemas" / self.version

    @once
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
    top.only({"version", "base", "classes", "profiles"})
    top.choice("version", {version})
    entries = texts.entries("classes")
    classes = {name: _class(name, entry, entries) for name, entry in entries.items()}
    rows = registry.entries()
    resources = {type_: read_resource(type_, entry, entries, rows) for type_, entry in rows.items()}
    return Standard(
        version=version,
        base=top.text("base"),
        classes=MappingProxyType(classes),
        resources=MappingProxyType(resources),
        answers=MappingProxyType(_answers(entries)),
        profiles=MappingProxyType(_profiles(top)),
        folder=folder,
    )


CLASS_MEMBERS = frozenset(
    {
        *("uri", "text", "depends_on", "resources", "required", "maturity"),
        *("schema_requirement", "answers"),
    }
)


def _class(name: str, entry: Entry, classes: Mapping[str, Entry]) -> ConformanceClass:
    entry.only(CLASS_MEMBERS)
    if "core" not in classes:
        entry.refuse("stands without a class `core`", "Add the class `core`.")
    resources = entry.texts("resources")
    return ConformanceClass(
        name=name,
        uri=entry.text("uri"),
        text=entry.text("text"),
        depends_on=entry.texts("depends_on", classes),
        resources=resources,
        required=entry.texts("required", resources),
        maturity=entry.choice("maturity", MATURITIES),
        schema_requirement=entry.text("schema_requirement", None if resources else ""),
        line=entry.line,
    )


def _profiles(top: Entry) -> dict[str, tuple[str, ...]]:
    if not top.mapping("profiles"):
        return {}
    profiles = top.entry("profiles")
    return {name: profiles.texts(name) for name in top.mapping("profiles")}


def _answers(classes: Mapping[str, Entry]) -> dict[str, str]:
    """Return the answers of all classes, each with its requirement."""
    found: dict[str, str] = {}
    for entry in classes.values():
        for name, requirement in entry.mapping("answers").items():
            if name in found:
                problem = f"has {name!r}, which another class has"
                entry.refuse(problem, "Let one class have it.", "answers")
            found[name] = str(requirement)
    return found
