"""Rules about the registry: it agrees with classes, schemas and OpenAPI fragments."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from sbw_validator.errors import SBWError
from sbw_validator.findings import Finding, parts_of, shown
from sbw_validator.lint.findings import LintFinding, Rule, Subject
from sbw_validator.openapi import Document, compose, fragment
from sbw_validator.schemas import SchemaValidator
from sbw_validator.shape import annotation, members
from sbw_validator.standard import Resource, Standard
from sbw_validator.validation import validate

FILE = "resources.yaml"
SHAPES = {
    "collection": ({"list", "read"}, {"create", "update", "delete", "upsert"}),
    "singleton": ({"read"}, {"update"}),
    "append_only": ({"list", "create", "read"}, set()),
    "query": ({"list"}, set()),
}
METHODS = {
    "list": "get",
    "create": "post",
    "read": "get",
    "update": "patch",
    "delete": "delete",
    "upsert": "patch",
}
BY_EXTERNAL_ID = "by-external-id"
PAGING = {"limit", "cursor"}
LANDING = "landing.read"


def _finding(resource: Resource, rule: str, message: str, hint: str) -> LintFinding:
    return LintFinding(rule, FILE, resource.line, f"{resource.type}: {message}", hint)


def registry_file(subject: Subject) -> Iterator[LintFinding]:
    """Say which entries and answers have no schema."""
    for resource in subject.standard.resources.values():
        if resource.schema not in subject.files:
            message = f"there is no file {resource.schema}"
            yield _finding(resource, "registry-file", message, "Name one that is there.")
    for name in subject.standard.answers:
        if f"common/{name}.json" not in subject.files:
            message = f"there is no file common/{name}.json for the answer {name}"
            hint = "Name an answer that is there."
            yield LintFinding("registry-file", "classes.yaml", None, message, hint)


def registry_class(subject: Subject) -> Iterator[LintFinding]:
    """Say where classes.yaml and resources.yaml disagree about who belongs where."""
    resources = subject.standard.resources
    for class_ in subject.standard.classes.values():
        for type_ in class_.resources:
            if type_ not in resources or resources[type_].class_name != class_.name:
                message = f"class {class_.name} names {type_!r}, which the registry puts elsewhere"
                hint = "Let both files name the same class."
                yield LintFinding("registry-class", "classes.yaml", class_.line, message, hint)
    for resource in resources.values():
        if resource.type not in subject.standard.classes[resource.class_name].resources:
            message = f"class {resource.class_name} does not name it"
            hint = "Add it to the class in classes.yaml."
            yield _finding(resource, "registry-class", message, hint)


def registry_shape(subject: Subject) -> Iterator[LintFinding]:
    """Say which entries do not fit their shape."""
    for resource in subject.standard.resources.values():
        needed, allowed = SHAPES[resource.shape]
        found = set(resource.operations)
        if not needed <= found <= needed | allowed:
            message = f"a {resource.shape} does not have just {shown(sorted(found))}"
            hint = f"It has {shown(sorted(needed))}, perhaps {shown(sorted(allowed))}."
            yield _finding(resource, "registry-shape", message, hint)
        for message, hint in _unfit(resource):
            yield _finding(resource, "registry-shape", message, hint)


def _unfit(resource: Resource) -> Iterator[tuple[str, str]]:
    disposal = resource.disposal.kind
    if disposal == "delete" and "delete" not in resource.operations:
        yield "the disposal delete has no operation delete", "Choose another disposal."
    if disposal == "transition" and "update" not in resource.operations:
        yield "the disposal transition has no operation update", "Choose another disposal."
    if (disposal == "restore") != (resource.shape == "singleton"):
        yield "restore and singleton go together", "Choose another disposal."
    if resource.shape == "query" and not (resource.parameters and "compute" in resource.hooks):
        yield "a query has parameters and a hook `compute`", "Add them."
    if ("create" in resource.operations) != (resource.minimal is not None):
        yield "create and `minimal` go together", "Add or remove `minimal`."
    if "upsert" in resource.operations and not {"create", "update"} <= set(resource.operations):
        yield "an upsert creates and updates", "Add both operations, or remove upsert."
    if resource.writable and resource.change is None and "update" in resource.operations:
        yield "an update needs a `change`", "Name a leaf and two values for it."


def registry_schema(subject: Subject) -> Iterator[LintFinding]:
    """Say which entries have a schema for another type, or one that does not fit them."""
    for resource in subject.standard.resources.values():
        bundle = subject.bundle(resource.schema)
        if bundle is None:
            continue
        constant = annotation(bundle, bundle.get("properties", {}).get("type", {}), "const")
        if constant != resource.type:
            message = f"{resource.schema} is for the type {shown(constant)}"
            hint = f'Give its `type` the const "{resource.type}".'
            yield _finding(resource, "registry-schema", message, hint)
        if resource.writable and "external_ids" not in members(bundle, bundle):
            message = f"{resource.schema} has no external_ids, and the resource is writable"
            yield _finding(resource, "registry-schema", message, "Add external_ids.")
        for parameter in resource.parameters.values():
            yield from _parameter(resource, parameter.name, dict(parameter.schema))


def _parameter(resource: Resource, name: str, schema: dict[str, Any]) -> Iterator[LintFinding]:
    try:
        SchemaValidator(name, "full", schema, "")
    except ValueError as error:
        message = f"the schema of the parameter {name} is none: {error}"
        yield _finding(resource, "registry-schema", message, "Mend it.")


def registry_minimal(subject: Subject) -> Iterator[LintFinding]:
    """Say which minimal bodies and changes a provider would refuse."""
    for resource in subject.standard.resources.values():
        if resource.minimal is not None:
            for found in _judged(subject.standard, resource, dict(resource.minimal), "create"):
                message = f"`minimal` cannot be created: {found}"
                yield _finding(resource, "registry-minimal", message, found.hint)
        if resource.change is None:
            continue
        for value in resource.change.values:
            path = parts_of(resource.change.pointer)
            if not path or any(part.isdigit() for part in path):
                message = f"`change` at {shown(resource.change.pointer)} is in an array or is all"
                yield _finding(resource, "registry-change", message, "Name a member.")
                continue
            patch: Any = value
            for part in reversed(path):
                patch = {part: patch}
            whole = _merged(dict(resource.minimal or {}), patch)
            bodies = {"patch": patch, "create": whole} if resource.minimal else {"patch": patch}
            for variant, body in bodies.items():
                for found in _judged(subject.standard, resource, body, variant):
                    message = f"`change` to {shown(value)} cannot be written: {found}"
                    yield _finding(resource, "registry-change", message, found.hint)


def _judged(
    standard: Standard, resource: Resource, body: dict[str, Any], variant: str
) -> list[Finding]:
    try:
        return validate(body, type=resource.type, variant=variant, standard=standard)
    except SBWError:  # told by the rules about schemas
        return []


def _merged(target: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    result = deepcopy(target)
    for name, value in patch.items():
        inner = result.get(name)
        nested = isinstance(value, dict) and isinstance(inner, dict)
        result[name] = _merged(inner or {}, value) if nested else value
    return result


def registry_openapi(subject: Subject) -> Iterator[LintFinding]:
    """Say where the OpenAPI fragments and the registry disagree."""
    try:
        document = compose(subject.standard)
    except SBWError as error:
        message = str(error)
        yield LintFinding("registry-openapi", "openapi", None, message, "Mend the fragment.")
        return
    for class_ in subject.standard.classes.values():
        if not class_.resources:
            continue
        written = _operations(fragment(subject.standard, class_.name))
        expected = {LANDING: ("/", "get")} if LANDING in written else {}
        for resource in subject.standard.resources.values():
            if resource.class_name == class_.name:
                expected |= _expected(resource)
        file = f"openapi/{class_.name}.yaml"
        for name in sorted(expected.keys() | written.keys()):
            if expected.get(name) != written.get(name):
                message = f"{name} is {written.get(name)}, by the registry {expected.get(name)}"
                hint = "Let the fragment and the registry agree."
                yield LintFinding("registry-openapi", file, None, message, hint)
    yield from _lists(subject, document)


def _lists(subject: Subject, document: Document) -> Iterator[LintFinding]:
    for resource in subject.standard.resources.values():
        item = document["paths"].get(f"/{resource.path}", {})
        filters = {*resource.filters, *resource.selectors}
        declared = {*resource.parameters} if resource.parameters else PAGING | filters
        if "list" in resource.operations and "get" in item:
            names = {_name(document, parameter) for parameter in item["get"].get("parameters", ())}
            if names != declared:
                message = f"its list takes {sorted(names)}, by the registry {sorted(declared)}"
                hint = "Let the fragment and the registry agree."
                yield _finding(resource, "registry-openapi", message, hint)


def _operations(part: Document) -> dict[str, tuple[str, str]]:
    return {
        str(operation.get("operationId")): (path, method)
        for path, item in part.get("paths", {}).items()
        for method, operation in item.items()
        if method in METHODS.values()
    }


def _expected(resource: Resource) -> dict[str, tuple[str, str]]:
    found = {}
    for operation in resource.operations:
        if operation == "upsert":
            path = f"/{resource.path}/{BY_EXTERNAL_ID}"
            found[f"{resource.type}.upsert"] = (path, METHODS[operation])
            found[f"{resource.type}.read_by_external_id"] = (path, METHODS["read"])
            continue
        whole = operation in ("list", "create") or resource.shape == "singleton"
        path = f"/{resource.path}" if whole else f"/{resource.path}/{{id}}"
        found[f"{resource.type}.{operation}"] = (path, METHODS[operation])
    return found


def _name(document: Document, parameter: dict[str, Any]) -> str:
    if "$ref" in parameter:
        key = parameter["$ref"].rpartition("/")[2]
        parameter = document["components"]["parameters"][key]
    return str(parameter["name"])


RULES: tuple[Rule, ...] = (
    registry_class,
    registry_shape,
    registry_schema,
    registry_minimal,
    registry_openapi,
)
