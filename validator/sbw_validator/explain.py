"""Turns the errors of jsonschema into findings: one for each fault, with words to act on."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from jsonschema import ValidationError

from sbw_validator import wording
from sbw_validator.dialect import explainer
from sbw_validator.findings import Finding, pointer_to, shown
from sbw_validator.shape import Schema

SecondOpinion = Callable[[Any], list[tuple[list[str | int], str, str]]]
Path = tuple[str | int, ...]
ABSENT = "nothing"
# Of several faults of one text, number or constant, the first of these is told.
ONE_OF_A_VALUE = (
    *("type", "const", "enum", "minLength", "maxLength", "pattern", "format", "not"),
    *("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf"),
)


@dataclass(frozen=True, slots=True)
class _Fault:
    """A finding on the way: its path, and the schema that was broken."""

    path: Path
    keyword: str
    expected: str
    got: str
    hint: str
    involved: tuple[Path, ...] = ()


def explain(
    bundle: Schema, value: Any, requirement: str, second_opinion: SecondOpinion
) -> list[Finding]:
    """Return the findings of a value that was refused, at least one.

    `second_opinion` gives the errors of the library that refused it; they are told where
    jsonschema finds none.
    """
    faults: list[_Fault] = []
    try:
        errors = list(explainer(bundle).iter_errors(value))
        faults = [fault for error in errors for fault in _faults(bundle, error)]
    except (RecursionError, ValueError, TypeError):
        faults = []
    if not faults:
        faults = [
            _Fault(tuple(path), keyword, "a value that the schema accepts", "this", message + ".")
            for path, keyword, message in second_opinion(value)
        ]
    return [_finding(fault, requirement) for fault in _distinct(faults)]


def _finding(fault: _Fault, requirement: str) -> Finding:
    return Finding(
        requirement=requirement,
        pointer=pointer_to(*fault.path),
        expected=fault.expected,
        got=fault.got,
        hint=fault.hint,
        keyword=fault.keyword,
        pointers=tuple(dict.fromkeys(pointer_to(*path) for path in (fault.path, *fault.involved))),
    )


def _distinct(faults: Iterable[_Fault]) -> list[_Fault]:
    """Drop what is said twice, and all but the most telling fault of one plain value."""
    kept: dict[tuple[Any, ...], _Fault] = {}
    for fault in faults:
        plain = fault.keyword in ONE_OF_A_VALUE
        key = (fault.path, "value" if plain else fault.keyword, "" if plain else fault.expected)
        other = kept.get(key)
        if other is None or (
            plain and ONE_OF_A_VALUE.index(fault.keyword) < ONE_OF_A_VALUE.index(other.keyword)
        ):
            kept[key] = fault
    return list(kept.values())


def _faults(bundle: Schema, error: ValidationError) -> Iterator[_Fault]:
    keyword = str(error.validator or "false")
    special = SPECIAL.get(keyword)
    if special is not None:
        yield from special(bundle, error)
        return
    path = tuple(error.absolute_path)
    name = next((part for part in reversed(path) if isinstance(part, str)), "value")
    limit: Any = error.validator_value
    broken = wording.Broken(bundle, keyword, limit, error.schema, error.instance, name)
    yield _Fault(
        path=path,
        keyword=keyword,
        expected=wording.told(broken),
        got=shown(error.instance),
        hint=wording.hint(broken),
        involved=tuple(_nearby(keyword, path, error)),
    )


def _nearby(keyword: str, path: Path, error: ValidationError) -> Iterator[Path]:
    """Yield the other places that may be named for a fault."""
    instance: Any = error.instance
    limit: Any = error.validator_value
    size = len(instance) if isinstance(instance, list) else 0
    if keyword == "uniqueItems":
        values = [shown_exactly(item) for item in instance]
        yield from ((*path, i) for i, item in enumerate(values) if values.count(item) > 1)
    elif keyword == "maxItems":
        yield from ((*path, i) for i in range(limit, size))
    elif keyword == "minItems":
        yield (*path, size)
    elif keyword in ("contains", "maxContains", "minContains"):
        yield from ((*path, i) for i in range(size))
    elif keyword in ("not", "minProperties", "maxProperties", "dependentRequired"):
        names = wording.involved(limit)
        yield from ((*path, name) for name in names)
        if keyword == "maxProperties":
            yield from ((*path, name) for name in instance)


def shown_exactly(value: Any) -> str:
    """Return a text that equal JSON values share."""
    if isinstance(value, dict):
        return f"{{{sorted((name, shown_exactly(item)) for name, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{[shown_exactly(item) for item in value]}]"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return repr(value)


def _required(bundle: Schema, error: ValidationError) -> Iterator[_Fault]:
    path = tuple(error.absolute_path)
    instance: Any = error.instance
    names: Any = error.validator_value
    for name in names:
        if name not in instance:
            yield _Fault(
                path=(*path, name),
                keyword="required",
                expected=f"a member {shown(name)}",
                got=ABSENT,
                hint=wording.add(bundle, error.schema, name),
            )


def _dependent(bundle: Schema, error: ValidationError) -> Iterator[_Fault]:
    path = tuple(error.absolute_path)
    instance: Any = error.instance
    dependent: Any = error.validator_value
    for present, names in dependent.items():
        for name in names if present in instance else ():
            if name not in instance:
                yield _Fault(
                    path=(*path, name),
                    keyword="dependentRequired",
                    expected=f"a member {shown(name)} beside {shown(present)}",
                    got=ABSENT,
                    hint=wording.add(bundle, error.schema, name),
                    involved=(path, (*path, present)),
                )


def _unknown(bundle: Schema, error: ValidationError) -> Iterator[_Fault]:
    path = tuple(error.absolute_path)
    yield _Fault(
        path=path,
        keyword=str(error.validator),
        expected="no such member",
        got=shown(error.instance),
        hint=wording.unknown(bundle, error.schema, str(path[-1]) if path else ""),
    )


def _condition(bundle: Schema, error: ValidationError) -> Iterator[_Fault]:
    """Yield the faults of a branch; what the condition looks at is involved too."""
    path = tuple(error.absolute_path)
    looked_at = [(*path, name) for name in wording.involved(error.validator_value)]
    for inner in error.context or ():
        for fault in _faults(bundle, inner):
            yield replace(fault, involved=(*fault.involved, path, *looked_at))


def _alternatives(bundle: Schema, error: ValidationError) -> Iterator[_Fault]:
    """Yield the faults of the alternative that was probably meant, or one about all of them."""
    path, keyword = tuple(error.absolute_path), str(error.validator)
    alternatives: Any = error.validator_value
    branches: list[list[ValidationError]] = [[] for _ in alternatives]
    for inner in error.context or ():
        branches[int(inner.schema_path[0])].append(inner)
    names = wording.involved(alternatives)
    members = tuple((*path, name) for name in names)
    fitting = [errors for errors in branches if not _elsewhere(errors, path)]
    if not any(branches):
        expected = f"only one of {wording.listed(names)}" if names else "only one alternative"
        yield _Fault(path, keyword, expected, shown(error.instance), "Keep one.", members)
    elif all(_only_required(errors, path) for errors in branches):
        yield _missing(error, branches, members)
    elif fitting:
        involved = (path, *members) if len(fitting) > 1 else ()
        for inner in min(
            fitting, key=lambda errors: (_chosen_otherwise(errors, path), len(errors))
        ):
            for fault in _faults(bundle, inner):
                yield replace(fault, involved=(*fault.involved, *involved))
    else:
        kinds = [e for errors in branches for e in errors if _is_kind(e, path)]
        told = [fault for kind in kinds for fault in _faults(bundle, kind)]
        expected = " or ".join(dict.fromkeys(fault.expected for fault in told))
        yield replace(told[0], keyword=keyword, expected=expected)


def _missing(
    error: ValidationError, branches: list[list[ValidationError]], members: tuple[Path, ...]
) -> _Fault:
    """Return the fault of an object that has none of several members."""
    instance: Any = error.instance
    wanted = []
    for errors in branches:
        names: Any = errors[0].validator_value
        absent = [name for name in names if name not in instance]
        wanted.append(wording.listed(absent, "with"))
    wanted = list(dict.fromkeys(wanted))
    some = "just one" if error.validator == "oneOf" else "at least one"
    return _Fault(
        path=tuple(error.absolute_path),
        keyword=str(error.validator),
        expected=f"{some} of {', '.join(wanted)}",
        got=shown(instance),
        hint=f"Add {' or '.join(wanted)}.",
        involved=members,
    )


def _only_required(errors: list[ValidationError], path: Path) -> bool:
    return all(e.validator == "required" and tuple(e.absolute_path) == path for e in errors)


def _is_kind(error: ValidationError, path: Path) -> bool:
    return error.validator in ("type", "const", "enum") and tuple(error.absolute_path) == path


def _elsewhere(errors: list[ValidationError], path: Path) -> bool:
    """Say whether an alternative is for another kind of value altogether."""
    return any(_is_kind(error, path) for error in errors)


def _chosen_otherwise(errors: list[ValidationError], path: Path) -> bool:
    """Say whether a member of the object chooses another alternative."""
    return any(
        error.validator == "const" and tuple(error.absolute_path)[:-1] == path for error in errors
    )


Special = Callable[[Schema, ValidationError], Iterator[_Fault]]
SPECIAL: dict[str, Special] = {
    "required": _required,
    "dependentRequired": _dependent,
    "unevaluatedProperties": _unknown,
    "additionalProperties": _unknown,
    "properties": _unknown,
    "if": _condition,
    "anyOf": _alternatives,
    "oneOf": _alternatives,
}
