"""Defects generated from the schemas, examples and rules of the standard."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sbw_reference.defects.defect import Defect
from sbw_reference.examples import valid_examples
from sbw_reference.native import PREFIX
from sbw_validator.findings import parts_of
from sbw_validator.rules import rules
from sbw_validator.standard import Resource, Standard, load_standard
from sbw_validator.validation import validate

ENVELOPE = frozenset({"id", "type", "meta", "external_ids"})
OPEN = frozenset({"extensions", "custom_fields"})
EACH = "*"
WRITES = ("create", "update", "upsert")

Path = tuple[str, ...]


def generated() -> Iterator[Defect]:
    """Yield the defects of all families for the standard in use."""
    standard = load_standard()
    lost: dict[Path, list[str]] = {}
    for resource in standard.resources.values():
        if "create" in resource.operations:
            for path in sampled(standard, resource):
                lost.setdefault(path, []).append(resource.type)
    for path, types in lost.items():
        yield drops_member(path, tuple(types))
    for rule in rules():
        bound = tuple(type_ for type_ in rule.types if type_ in standard.resources)
        if bound:
            yield accepts_violation(rule.id, "create", bound)
            yield accepts_violation(rule.id, "update", bound)


def drops_member(path: Path, types: tuple[str, ...]) -> Defect:
    """Return the defect that loses a member; `*` in its path stands for each element."""
    pointer = "".join(f"/{0 if part == EACH else part}" for part in path)
    named = [part for part in path if part != EACH]
    return Defect(
        f"drops-member:{pointer}",
        f"What stands at {pointer} and in its place in other elements is not stored",
        ("CORE-040",),
        tuple(f"{operation}/{'/'.join(named[:2])}" for operation in WRITES),
        "keep",
        lambda original: lambda body, operation: without(original(body, operation), path),
        types=types,
    )


def accepts_violation(rule: str, operation: str, types: tuple[str, ...]) -> Defect:
    """Return the defect that lets pass what breaks a rule, in a create or an update."""

    def make(original: Any) -> Any:
        def findings(found: Any, asked: str) -> Any:
            left = original(found, asked)
            if asked != operation:
                return left
            return tuple(finding for finding in left if finding.requirement != rule)

        return findings

    suffix = "" if operation == "create" else f":{operation}"
    return Defect(
        f"accepts-violation:{rule}{suffix}",
        f"A {operation} that breaks {rule} is accepted",
        (rule,),
        (f"{operation}=422",),
        "findings",
        make,
        types=types,
    )


def without(value: Any, path: Path) -> Any:
    """Return the value without the members at a path; other places are as they were."""
    head, rest = path[0], path[1:]
    if head == EACH:
        return [without(item, rest) for item in value] if isinstance(value, list) else value
    if not isinstance(value, Mapping) or head not in value:
        return value
    if not rest:
        return {name: member for name, member in value.items() if name != head}
    return {**value, head: without(value[head], rest)}


def sampled(standard: Standard, resource: Resource) -> list[Path]:
    """Return paths to lose, one of each member of the top level.

    It is the last that the examples hold and that no example needs to be valid.
    """
    examples = list(valid_examples(standard, resource))
    chosen: list[Path] = []
    change = tuple(parts_of(resource.change.pointer)) if resource.change else ()
    named = {name for example in examples for name in example} - ENVELOPE - OPEN
    twins = {f"{PREFIX}{name}" for name in named}  # what a status has beside it says it again
    statuses = {name.removeprefix(PREFIX) for name in named & twins}
    tops = sorted(name for name in named - statuses if not name.startswith(PREFIX))
    for top in tops:
        paths = {path for example in examples for path in leaves(example.get(top), (top,))}
        spare = [
            path
            for path in sorted(paths - {change})
            if expendable(standard, resource, path, examples)
        ]
        chosen += spare[-1:]
    return chosen


def expendable(
    standard: Standard, resource: Resource, path: Path, examples: Iterable[Mapping[str, Any]]
) -> bool:
    """Return whether all examples stay valid without the members at a path."""
    kept = (without(example, path) for example in examples)
    return not any(validate(body, type=resource.type, standard=standard) for body in kept)


def leaves(value: Any, path: Path) -> Iterator[Path]:
    """Yield the paths of scalars and of arrays of scalars."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield from leaves(member, (*path, name))
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for item in value:
            yield from leaves(item, (*path, EACH))
    elif value is not None and path[-1] != EACH:
        yield path
