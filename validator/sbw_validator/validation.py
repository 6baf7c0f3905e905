"""Validates a value: the schema of its type first, then the rules of the standard."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sbw_validator.findings import Finding, shown
from sbw_validator.rules import Rule, rules_for
from sbw_validator.schemas import SchemaValidator, load_schemas
from sbw_validator.standard import Standard, load_standard


def validate(
    value: Any,
    *,
    type: str | None = None,  # noqa: A002 - the name of the member that it stands for
    variant: str = "full",
    standard: Standard | None = None,
) -> list[Finding]:
    """Return what is wrong with a value, nothing if it is valid.

    `type` names a resource type or an answer (landing, page, problem); without it the value's
    own `type` decides, and a missing or unknown one is a finding. `variant` is one of
    `derive.VARIANTS`. UnknownSchemaError if `type` or `variant` names nothing.
    """
    standard = standard or load_standard()
    if type is None:
        type = value.get("type") if isinstance(value, dict) else None  # noqa: A001 - as above
        if not isinstance(type, str) or type not in standard.resources:
            return [_without_type(value, standard)]
    validator, rules = _compiled(standard, type, variant)
    findings = [] if validator.is_valid(value) else validator.findings(value)
    if isinstance(value, dict):
        broken = [finding for rule in rules for finding in rule.check(value)]
        findings += [f for f in broken if not _overtaken(f, findings)] if findings else broken
    return findings


@lru_cache(maxsize=256)
def _compiled(
    standard: Standard, type_: str, variant: str
) -> tuple[SchemaValidator, tuple[Rule, ...]]:
    validator = load_schemas(standard).validator(type_, variant)
    if variant == "read":  # old data stays readable
        return validator, ()
    rules = rules_for(type_)
    return validator, tuple(rule for rule in rules if rule.on_patch or variant != "patch")


def _overtaken(finding: Finding, others: list[Finding]) -> bool:
    """Say whether a schema finding lies at, above or below a value that a rule has looked at."""
    own = set(finding.pointers)
    leaves = own - {above for pointer in own for above in _around(pointer)}
    told = {other.pointer for other in others}
    above_told = {above for pointer in told for above in _around(pointer)}
    return any(
        leaf in told or leaf in above_told or not told.isdisjoint(_around(leaf)) for leaf in leaves
    )


def _around(pointer: str) -> Iterator[str]:
    """Yield the pointers of the values around one."""
    while pointer:
        pointer = pointer.rpartition("/")[0]
        yield pointer


def _without_type(value: Any, standard: Standard) -> Finding:
    known = list(standard.resources)
    if not isinstance(value, dict):
        expected, got, hint = "a record, which is an object", shown(value), "Write one object."
        return Finding(standard.record_requirement, "", expected, got, hint, "type")
    from sbw_validator.wording import listed, near

    given = value.get("type")
    advice = near(given, known, "Use") if isinstance(given, str) else f"Add it: {listed(known)}."
    return Finding(
        requirement=standard.record_requirement,
        pointer="/type",
        expected=f"one of {listed(known)}",
        got=shown(given) if "type" in value else "nothing",
        hint=advice,
        keyword="enum" if "type" in value else "required",
    )
