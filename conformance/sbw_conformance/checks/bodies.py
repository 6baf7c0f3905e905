"""Bodies that checks send, read off schemas, examples and registry: no member is named here."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sbw_conformance.checks import pointers
from sbw_validator.findings import Finding
from sbw_validator.schemas import load_schemas
from sbw_validator.standard import Resource, Standard
from sbw_validator.validation import validate

UNKNOWN_MEMBER = "sbw_conformance_unknown"


@dataclass(frozen=True)
class Example:
    """An example of the standard as a write: without read-only members.

    `findings` is what is wrong with it, nothing for a valid one; `requirement` what its name says.
    """

    name: str
    value: dict[str, Any]
    findings: tuple[Finding, ...] = ()
    requirement: str | None = None

    @property
    def pointers(self) -> set[str]:
        """Places that a refusal can name."""
        return {pointer for finding in self.findings for pointer in finding.pointers}


def required_parameters(resource: Resource) -> dict[str, str]:
    """A value for each query parameter that a list of the resource cannot do without."""
    return {
        name: _parameter(parameter.schema)
        for name, parameter in resource.parameters.items()
        if parameter.required
    }


def _parameter(schema: Mapping[str, Any]) -> str:
    if examples := schema.get("examples"):
        return str(examples[0])
    simple = {"integer": schema.get("minimum", 0), "number": 0, "boolean": "true"}
    return str(simple.get(schema.get("type", "string"), "a"))


def written(record: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """What consumers wrote of a record, external ids aside: known members that are not null."""
    other = {"id", "type", "meta", "external_ids"}
    found = known(record, schema, schema)
    return {name: value for name, value in found.items() if name not in other}


def known(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    """A value without members that the schema does not know or that are null."""
    schemas = list(applied(schema, root))
    if isinstance(value, dict):
        members: dict[str, Any] = {}
        for part in schemas:
            members |= part.get("properties", {})
        if not members:
            return value
        return {
            name: known(member, members[name], root)
            for name, member in value.items()
            if name in members and member is not None
        }
    if isinstance(value, list):
        items: dict[str, Any] = next((part["items"] for part in schemas if "items" in part), {})
        return [known(item, items, root) for item in value]
    return value


def instant(value: Any) -> datetime:
    """An instant from a timestamp, to the microsecond; ValueError where it is none."""
    return datetime.fromisoformat(str(value))


def unsound(record: Any) -> str | None:
    """Why no check can work with a record, whatever else is wrong with it; None if it can."""
    if not isinstance(record, dict):
        return f"{record!r} instead of an object"
    if not isinstance(record.get("id"), str):
        return "no id that is text"
    meta = record.get("meta")
    if not isinstance(meta, dict) or not isinstance(meta.get("version"), str):
        return "no meta with a version"
    for name in ("created_at", "updated_at"):
        try:
            aware = instant(meta.get(name)).tzinfo is not None
        except ValueError:
            aware = False
        if not aware:
            return f"no instant in meta.{name}"
    given = record.get("external_ids", [])
    if not isinstance(given, list) or any(not _names(entry) for entry in given):
        return "external ids without app and id"
    return None


def _names(entry: Any) -> bool:
    return isinstance(entry, dict) and all(isinstance(entry.get(k), str) for k in ("app", "id"))


def external_ids(value: Any) -> list[Mapping[str, Any]]:
    """The external ids of a body, none where it has no such thing."""
    found = value.get("external_ids") if isinstance(value, dict) else None
    return [e for e in found if isinstance(e, dict)] if isinstance(found, list) else []


@lru_cache
def valid(standard: Standard, resource: Resource) -> tuple[Example, ...]:
    """The valid examples of a resource."""
    return tuple(
        Example(name, _written(standard, resource, value))
        for name, value in _files(standard, resource, "valid")
    )


@lru_cache
def invalid(standard: Standard, resource: Resource) -> tuple[Example, ...]:
    """The invalid examples of a resource that are still invalid as a create."""
    found = []
    for name, value in _files(standard, resource, "invalid"):
        written = _written(standard, resource, value)
        findings = validate(written, type=resource.type, variant="create", standard=standard)
        if findings:
            requirement = _requirement(name)
            found.append(Example(name, written, tuple(findings), requirement))
    return tuple(found)


def accepted(standard: Standard, resource: Resource, value: Any) -> bool:
    """Whether the standard allows a create; to say why not would take many times as long."""
    schema = load_schemas(standard).validator(resource.type, "create")
    if not schema.is_valid(value):
        return False
    return not validate(value, type=resource.type, variant="create", standard=standard)


def findings(standard: Standard, resource: Resource, value: Any) -> tuple[Finding, ...]:
    """What is wrong with a create, remembered: to explain it is dear, and runs ask again."""
    return _findings(standard, resource, json.dumps(value, sort_keys=True))


@lru_cache(maxsize=4096)
def _findings(standard: Standard, resource: Resource, text: str) -> tuple[Finding, ...]:
    found = validate(json.loads(text), type=resource.type, variant="create", standard=standard)
    return tuple(found)


@lru_cache
def richest(standard: Standard, resource: Resource) -> Example:
    """The valid example with the most members of different kinds."""
    return max(valid(standard, resource), key=lambda example: len(kinds(example.value)))


@lru_cache
def refused(standard: Standard, answer: str) -> tuple[tuple[Any, frozenset[str]], ...]:
    """The invalid examples of a document that is no record, with the places of what is wrong."""
    folder = standard.schemas / "examples" / answer / "invalid"
    validator = load_schemas(standard).validator(answer, "full")
    found = []
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        value = json.loads(file.read_text(encoding="utf-8"))
        findings = validator.findings(value)
        found.append((value, frozenset(p for one in findings for p in one.pointers)))
    return tuple(found)


def exemplary(standard: Standard, resource: Resource, pattern: str) -> Any:
    """What the first example that has it holds at a place; None where none has it."""
    for example in valid(standard, resource):
        for found in pointers.places(example.value, pattern):
            return pointers.at(example.value, found)
    return None


def schemas_at(schema: Mapping[str, Any], pattern: str) -> list[Mapping[str, Any]]:
    """All that a schema says of what a pattern leads to; nothing where it knows no such member."""
    found: list[Mapping[str, Any]] = list(applied(schema, schema))
    for part in pointers.parts(pattern):
        inner = [
            one["items"] if part == "*" else one["properties"][part]
            for one in found
            if ("items" in one if part == "*" else part in one.get("properties", {}))
        ]
        found = [part for one in inner for part in applied(one, schema)]
    return found


def values_of(schema: Mapping[str, Any], pattern: str) -> list[Any]:
    """The values that the schema of a place lists; none where it lists none."""
    return next((list(one["enum"]) for one in schemas_at(schema, pattern) if "enum" in one), [])


def one_of_each(value: Any, schema: Mapping[str, Any]) -> list[str]:
    """One closed object of each kind in a value, told apart by its pointer without numbers."""
    found: dict[str, str] = {}
    for pointer in _closed(value, schema, schema, ""):
        found.setdefault(pointers.kind_of(pointer), pointer)
    return list(found.values())


def _closed(
    value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], pointer: str
) -> Iterator[str]:
    """Pointers of the objects whose members the schema names."""
    schemas = list(applied(schema, root))
    if isinstance(value, dict):
        members: dict[str, Any] = {}
        for part in schemas:
            members |= part.get("properties", {})
        if members:
            yield pointer
        for name, member in value.items():
            if name in members:
                yield from _closed(
                    member, members[name], root, f"{pointer}/{pointers.escape(name)}"
                )
    elif isinstance(value, list):
        items: dict[str, Any] = next((part["items"] for part in schemas if "items" in part), {})
        for index, item in enumerate(value):
            yield from _closed(item, items, root, f"{pointer}/{index}")


def kinds(value: Any) -> set[str]:
    """The leaves that a value has, told apart by their pointers without numbers."""
    return {pointers.kind_of(pointer) for pointer, _ in pointers.leaves(value)}


def refused_unknown(finding: Finding) -> bool:
    """Whether a finding is about a member that the standard does not know."""
    return finding.keyword in {"unevaluatedProperties", "additionalProperties"}


def merged(value: Any, patch: Any) -> Any:
    """A value after a JSON merge patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return pointers.copy(patch)
    result = dict(value) if isinstance(value, dict) else {}
    for name, change in patch.items():
        if change is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), change)
    return pointers.copy(result)


def replacing(current: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The merge patch that turns one body into another, whatever they hold."""
    patch: dict[str, Any] = {name: None for name in current if name not in wanted}
    for name, value in wanted.items():
        old = current.get(name)
        if isinstance(value, dict) and isinstance(old, dict):
            patch[name] = replacing(old, value)
        else:
            patch[name] = pointers.copy(value)
    return patch


def applied(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A schema and all that it refers to or is composed of."""
    yield schema
    if reference := schema.get("$ref"):
        yield from applied(pointers.at(root, str(reference).removeprefix("#")), root)
    for part in schema.get("allOf", ()):
        yield from applied(part, root)


def _written(standard: Standard, resource: Resource, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    known = load_schemas(standard).bundle(resource.type, "create").get("properties", {})
    full = load_schemas(standard).bundle(resource.type)
    read_only = _read_only(full) - set(known)
    return {name: member for name, member in value.items() if name not in read_only | {"type"}}


def _read_only(schema: Mapping[str, Any]) -> set[str]:
    return {
        name
        for part in applied(schema, schema)
        for name, member in part.get("properties", {}).items()
        if any(one.get("readOnly") for one in applied(member, schema))
    }


def _files(standard: Standard, resource: Resource, kind: str) -> Iterator[tuple[str, Any]]:
    folder = standard.schemas / "examples" / resource.type / kind
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        yield file.name.removesuffix(".json"), json.loads(file.read_text(encoding="utf-8"))


def _requirement(name: str) -> str:
    """The requirement in the name of an invalid example, `ID[-lower-case-what]`."""
    parts = name.split("-")
    upper = [part for part in parts if part.upper() == part]
    return "-".join(upper)
