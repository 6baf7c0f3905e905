"""Bodies that checks send, read off schemas, examples and registry: no member is named here."""

import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

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


def copy(value: Any) -> Any:
    """A deep copy of a JSON value."""
    return json.loads(json.dumps(value, default=dict))


def written(record: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """What consumers wrote of a record, external ids aside: known members that are not null."""
    other = {"id", "type", "meta", "external_ids"}
    found = known(record, schema, schema)
    return {name: value for name, value in found.items() if name not in other}


def known(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    """A value without members that the schema does not know or that are null."""
    schemas = list(_applied(schema, root))
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


@lru_cache
def richest(standard: Standard, resource: Resource) -> Example:
    """The valid example with the most members of different kinds."""
    return max(
        valid(standard, resource),
        key=lambda example: len({kind_of(pointer) for pointer, _ in leaves(example.value)}),
    )


def refused_unknown(finding: Finding) -> bool:
    """Whether a finding is about a member that the standard does not know."""
    return finding.keyword in {"unevaluatedProperties", "additionalProperties"}


def leaves(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """JSON Pointers of all scalars with their values."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, f"{pointer}/{escape(name)}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, f"{pointer}/{index}")
    else:
        yield pointer, value


def kind_of(pointer: str) -> str:
    """A JSON Pointer with its array indexes left out."""
    return "/".join("*" if part.isdecimal() else part for part in pointer.split("/"))


def objects(value: Any, pointer: str = "") -> Iterator[str]:
    """JSON Pointers of all objects, the outermost first."""
    if isinstance(value, dict):
        yield pointer
        for name, member in value.items():
            yield from objects(member, f"{pointer}/{escape(name)}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from objects(item, f"{pointer}/{index}")


def at(value: Any, pointer: str) -> Any:
    """The value at a JSON Pointer; None where there is none."""
    for part in _parts(pointer):
        if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict):
            value = value.get(part)
        else:
            return None
    return value


def nested(pointer: str, value: Any) -> dict[str, Any]:
    """The merge patch that puts a value at a pointer through objects."""
    for part in reversed(_parts(pointer)):
        value = {part: value}
    result: dict[str, Any] = value
    return result


def put(value: Any, pointer: str, new: Any) -> Any:
    """A copy of a value with something else at a pointer."""
    result = copy(value)
    *path, last = _parts(pointer)
    spot = result
    for part in path:
        spot = spot[int(part)] if isinstance(spot, list) else spot[part]
    if isinstance(spot, list):
        spot[int(last)] = new
    else:
        spot[last] = new
    return result


def merged(value: Any, patch: Any) -> Any:
    """A value after a JSON merge patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return copy(patch)
    result = dict(value) if isinstance(value, dict) else {}
    for name, change in patch.items():
        if change is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), change)
    return copy(result)


def replacing(current: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The merge patch that turns one body into another, whatever they hold."""
    patch: dict[str, Any] = {name: None for name in current if name not in wanted}
    for name, value in wanted.items():
        old = current.get(name)
        if isinstance(value, dict) and isinstance(old, dict):
            patch[name] = replacing(old, value)
        else:
            patch[name] = copy(value)
    return patch


def escape(name: str) -> str:
    """A member name as a part of a JSON Pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def same_but_different(value: Any, schema: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Other spellings of a body that are the Same value, each with what was respelled."""
    spellings = {
        "decimals with zeros": ("decimal", lambda text: text + ("0" if "." in text else ".0")),
        "instants with more digits": ("instant", _longer_instant),
        "text in normalization form D": ("text", lambda text: unicodedata.normalize("NFD", text)),
        "domains in other case": ("email", _other_domain_case),
        "sets in other order": ("set", lambda items: items[::-1]),
    }
    found = [("the same text", copy(value))]
    for name, (kind, respell) in spellings.items():
        new = _respelled(value, schema, schema, kind, respell)
        if new != value:
            found.append((name, new))
    return found


def _respelled(
    value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], kind: str, respell: Any
) -> Any:
    schemas = list(_applied(schema, root))
    if isinstance(value, dict):
        known: dict[str, Any] = {}
        for part in schemas:
            known |= part.get("properties", {})
        return {
            name: _respelled(member, known.get(name, {}), root, kind, respell)
            for name, member in value.items()
        }
    if isinstance(value, list):
        items: dict[str, Any] = next((s["items"] for s in schemas if "items" in s), {})
        value = [_respelled(item, items, root, kind, respell) for item in value]
    fits = list if kind == "set" else str
    wanted = any(part.get("x-same-value") == kind for part in schemas)
    return respell(value) if wanted and isinstance(value, fits) else value


def _applied(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield schema
    if reference := schema.get("$ref"):
        yield from _applied(at(root, str(reference).removeprefix("#")), root)
    for part in schema.get("allOf", ()):
        yield from _applied(part, root)


def _longer_instant(text: str) -> str:
    whole, dot, rest = text.removesuffix("Z").partition(".")
    return f"{whole}.{rest or '000'}000Z" if dot else f"{whole}.000Z"


def _other_domain_case(text: str) -> str:
    local, at_sign, domain = text.rpartition("@")
    return f"{local}{at_sign}{domain.swapcase()}"


def _parts(pointer: str) -> list[str]:
    parts = pointer.split("/")[1:]
    return [part.replace("~1", "/").replace("~0", "~") for part in parts]


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
        for part in _applied(schema, schema)
        for name, member in part.get("properties", {}).items()
        if any(applied.get("readOnly") for applied in _applied(member, schema))
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
