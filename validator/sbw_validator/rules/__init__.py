"""Rules: what a schema cannot say, each under the id of its requirement.

A rule is a function from a record, or a body that writes one, to findings. It passes over what
has the wrong type: the schema has said so already.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from sbw_validator.findings import Finding

Check = Callable[[dict[str, Any]], Iterator[Finding]]
MODULES = ("contacts", "definitions", "catalog")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `on_patch` says that it holds for a merge patch too, which is only a part."""

    id: str
    types: tuple[str, ...]
    check: Check
    on_patch: bool


_rules: dict[str, Rule] = {}


def rule(id_: str, *, types: tuple[str, ...], on_patch: bool = False) -> Callable[[Check], Check]:
    """Register a rule under the id of its requirement for resource types."""

    def register(check: Check) -> Check:
        _rules[id_] = Rule(id_, types, check, on_patch)
        return check

    return register


@cache
def rules() -> tuple[Rule, ...]:
    """Return all rules."""
    for name in MODULES:
        import_module(f"{__name__}.{name}")
    return tuple(_rules.values())


@cache
def rules_for(type_: str) -> tuple[Rule, ...]:
    """Return the rules of a resource type."""
    return tuple(found for found in rules() if type_ in found.types)
