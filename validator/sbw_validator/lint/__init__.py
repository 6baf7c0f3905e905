"""Holds the standard to its own rules: text, schemas, examples, registry."""

from sbw_validator.lint import examples, registry, schemas, text
from sbw_validator.lint.findings import LintFinding, Subject
from sbw_validator.standard import Standard

__all__ = ["LintFinding", "lint"]


def lint(standard: Standard) -> list[LintFinding]:
    """Return what is wrong with a standard, nothing if it is sound.

    Rules about examples and registry compile the schemas, so they wait until those are sound.
    """
    subject = Subject(standard)
    found = [finding for rule in text.RULES for finding in rule(subject)]
    unreadable = list(schemas.readable(subject))
    if unreadable:
        return found + unreadable
    broken = [finding for rule in schemas.RULES for finding in rule(subject)]
    found += broken
    if any(finding.rule in ("schema-form", "reference") for finding in broken):
        return found
    late = (*examples.RULES, *registry.RULES)
    return found + [finding for rule in late for finding in rule(subject)]
