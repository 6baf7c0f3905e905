"""Holds the standard to its own rules: text, schemas, examples, registry."""

from sbw_validator.lint import examples, pointers, registry, schemas, text
from sbw_validator.lint.findings import LintFinding, Rule, Subject
from sbw_validator.standard import Standard

__all__ = ["LintFinding", "lint"]


EARLY: tuple[Rule, ...] = (*text.RULES, *schemas.RULES, registry.registry_file)
LATE: tuple[Rule, ...] = (schemas.schema_example, *examples.RULES, *registry.RULES, *pointers.RULES)
# What late rules cannot do without: schemas that can be compiled.
FIRST = frozenset({"schema-form", "reference", "pattern", "registry-file"})


def lint(standard: Standard) -> list[LintFinding]:
    """Return what is wrong with a standard, nothing if it is sound.

    Rules about examples and registry compile the schemas, so they wait until those are sound.
    """
    subject = Subject(standard)
    unreadable = list(schemas.readable(subject))
    if unreadable:
        return unreadable
    found = [finding for rule in EARLY for finding in rule(subject)]
    if any(finding.rule in FIRST for finding in found):
        return found
    return found + [finding for rule in LATE for finding in rule(subject)]
