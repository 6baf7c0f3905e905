"""One self-contained OpenAPI 3.1 document, composed of a fragment a class and the schemas."""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from functools import cache
from typing import Any

from sbw_validator.errors import StandardError, UnknownSchemaError
from sbw_validator.schemas import Schemas, load_schemas
from sbw_validator.standard import Standard
from sbw_validator.yamlfile import YamlFile

Document = dict[str, Any]
COMPONENT = "#/components/"
SCHEMA = "#/components/schemas/"
DEFINITION = "#/$defs/"
MEMBERS = frozenset({"x-class", "paths", "components"})


def compose(standard: Standard, classes: Iterable[str] | None = None) -> Document:
    """Return the document of the classes named and of those they depend on; of all by default.

    Schemas are components named by resource type or answer, with `.create`, `.patch` or `.read`
    behind it for a variant. UnknownSchemaError for a class or a schema that is not there,
    StandardError for a fragment that does not fit the others.
    """
    document: Document = {
        "openapi": "3.1.0",
        "info": {
            "title": f"Small Business Web {standard.version}",
            "version": standard.version,
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "{base}", "variables": {"base": {"default": "https://app.example"}}}],
        "security": [{"bearer": []}],
        "x-classes": [],
        "paths": {},
        "components": {},
    }
    for name in with_dependencies(standard, classes):
        _merge(document, fragment(standard, name), standard.classes[name].uri, name)
    document["components"]["schemas"] = _schemas(load_schemas(standard), document)
    _check_references(document)
    return document


@cache
def fragment(standard: Standard, class_name: str) -> Document:
    """Return the fragment of a class, `schemas/{version}/openapi/{class}.yaml`."""
    file = YamlFile(standard.schemas / "openapi" / f"{class_name}.yaml")
    if not isinstance(file.value, dict) or not MEMBERS >= file.value.keys() >= {"x-class"}:
        file.refuse((), "is not a fragment", "Give it x-class, paths and perhaps components.")
    return dict(file.value)


def with_dependencies(standard: Standard, classes: Iterable[str] | None = None) -> tuple[str, ...]:
    """Return the classes and those they depend on, in the order of the standard."""
    waiting = list(standard.classes if classes is None else classes)
    wanted: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in standard.classes:
            raise UnknownSchemaError(name, standard.classes)
        if name not in wanted:
            wanted.add(name)
            waiting.extend(standard.classes[name].depends_on)
    return tuple(name for name in standard.classes if name in wanted)


def _merge(document: Document, part: Document, uri: str, name: str) -> None:
    if part["x-class"] != uri:
        raise _misfit(name, f"is for {part['x-class']}, not for {uri}")
    document["x-classes"].append(uri)
    for path, item in part.get("paths", {}).items():
        if path in document["paths"]:
            raise _misfit(name, f"has the path {path}, which another class has")
        document["paths"][path] = {"x-class": uri, **deepcopy(item)}
    for kind, components in part.get("components", {}).items():
        present = document["components"].setdefault(kind, {})
        for key, component in components.items():
            if key in present:
                raise _misfit(name, f"has the component {kind}/{key}, which another class has")
            present[key] = deepcopy(component)


def _misfit(name: str, problem: str) -> StandardError:
    return StandardError(problem, file=f"openapi/{name}.yaml", advice="Let each thing stand once.")


def _schemas(schemas: Schemas, document: Document) -> Document:
    """Return the schemas that the document refers to, with all their parts."""
    found: Document = {}
    for reference in references(document):
        if reference.startswith(SCHEMA):
            name, _, variant = reference.removeprefix(SCHEMA).partition(".")
            bundle = schemas.bundle(name, variant or "full")
            parts = bundle.get("$defs", {})
            outside = ("$schema", "$id", "$defs")
            root = {key: value for key, value in bundle.items() if key not in outside}
            whole = {reference.removeprefix(SCHEMA): root, **parts}
            found |= {key: _relocated(schema) for key, schema in whole.items()}
    return dict(sorted(found.items()))


def _relocated(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: item.replace(DEFINITION, SCHEMA) if key == "$ref" else _relocated(item)
            for key, item in value.items()
        }
    return [_relocated(item) for item in value] if isinstance(value, list) else value


def references(value: Any) -> Iterator[str]:
    """Yield every `$ref` in a document."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def _check_references(document: Document) -> None:
    for reference in references(document):
        target: Any = document
        for part in reference.removeprefix("#/").split("/"):
            target = target.get(part) if isinstance(target, dict) else None
        if target is None or not reference.startswith(COMPONENT):
            raise StandardError(
                f"refers to {reference}, which is not there",
                file="openapi",
                advice=f"Begin references with {COMPONENT} and add what they lead to.",
            )
