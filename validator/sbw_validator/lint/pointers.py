"""Rules about the pointers of the registry: each leads to a place of its resource's schema."""

from collections.abc import Iterator

from sbw_validator.findings import parts_of, pointer_to, shown
from sbw_validator.lint.findings import LintFinding, Rule, Subject
from sbw_validator.shape import Schema, annotation, at, facets, member, places
from sbw_validator.standard import Resource

FILE = "resources.yaml"
REFERENCE = "#/$defs/ref"
PAGING = {"limit", "cursor"}
NOT_TEXT = {"object", "array", "integer", "number", "boolean"}


def _finding(resource: Resource, rule: str, message: str, hint: str) -> LintFinding:
    return LintFinding(rule, FILE, resource.line, f"{resource.type}: {message}", hint)


def _bundles(subject: Subject) -> Iterator[tuple[Resource, Schema]]:
    for resource in subject.standard.resources.values():
        bundle = subject.bundle(resource.schema)
        if bundle is not None:
            yield resource, bundle


def registry_pointer(subject: Subject) -> Iterator[LintFinding]:
    """Say which pointers of the registry lead to no place of the schema."""
    for resource, bundle in _bundles(subject):
        pointers = {
            "subject": resource.subject,
            "unique": resource.unique,
            "refs": tuple(resource.refs),
            "selectors": tuple(resource.selectors.values()),
        }
        for name, found in pointers.items():
            for pointer in found:
                if at(bundle, bundle, parts_of(pointer)) is None:
                    message = f"{name}: {shown(pointer)} is no place in {resource.schema}"
                    yield _finding(resource, "registry-pointer", message, "Mend the pointer.")


def registry_reference(subject: Subject) -> Iterator[LintFinding]:
    """Say where references of the schema and of the registry are not the same."""
    for resource, bundle in _bundles(subject):
        written = {pointer_to(*path): s for path, s in places(bundle) if _is_reference(bundle, s)}
        for pointer in sorted(written.keys() ^ resource.refs.keys()):
            there = pointer in written
            lacking, other = ("`refs`", "schema") if there else (resource.schema, "registry")
            message = f"{lacking} has no reference {shown(pointer)}, and the {other} has"
            hint = "Let both have it, the schema by `common/ref.json`."
            yield _finding(resource, "registry-reference", message, hint)
        for pointer in sorted(written.keys() & resource.refs.keys()):
            types = resource.refs[pointer].types
            inner = member(bundle, written[pointer], "type")
            constant, several = (annotation(bundle, inner, word) for word in ("const", "enum"))
            leads_to = several if constant is None else [constant]
            if sorted(leads_to or ()) != sorted(types):
                named = shown(leads_to[0] if leads_to and len(leads_to) == 1 else leads_to)
                message = f"{shown(pointer)} is for {named}, by `refs` for {', '.join(types)}"
                one = f'the const "{types[0]}"' if len(types) == 1 else f"the enum {shown(types)}"
                hint = f"Give its `type` {one}."
                yield _finding(resource, "registry-reference", message, hint)
    yield from _kept(subject)


def _kept(subject: Subject) -> Iterator[LintFinding]:
    """Say which records cannot be disposed of, because others that refer to them go later."""
    resources = subject.standard.resources
    for resource in resources.values():
        restricting = [one for one in resource.refs.values() if one.on_delete == "restrict"]
        for type_ in dict.fromkeys(type_ for one in restricting for type_ in one.types):
            target = resources[type_]
            if target is not resource and resource.type not in target.disposal.after:
                message = f"{resource.type} keeps it from being deleted and goes later"
                hint = f"Name {resource.type} in `after` of its disposal."
                yield _finding(target, "registry-reference", message, hint)


def _is_reference(bundle: Schema, schema: Schema) -> bool:
    return any(facet.get("$ref") == REFERENCE for facet in facets(bundle, schema))


def registry_selector(subject: Subject) -> Iterator[LintFinding]:
    """Say which selectors take the name of another parameter, or select by no text."""
    for resource, bundle in _bundles(subject):
        for name, pointer in resource.selectors.items():
            if name in PAGING | {*resource.filters}:
                message = f"the selector {name} has the name of another parameter"
                yield _finding(resource, "registry-selector", message, "Choose another name.")
            place = at(bundle, bundle, parts_of(pointer))
            if place is not None and annotation(bundle, place, "type") in NOT_TEXT:
                message = f"the selector {name} does not lead to a text"
                hint = "Let it lead to one, as the value in a query is."
                yield _finding(resource, "registry-selector", message, hint)
        if resource.selectors and "list" not in resource.operations:
            message = "there are selectors and no operation list"
            yield _finding(resource, "registry-selector", message, "Remove them, or add list.")


RULES: tuple[Rule, ...] = (registry_pointer, registry_reference, registry_selector)
