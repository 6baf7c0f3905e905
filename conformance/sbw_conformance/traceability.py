"""Requirement -> check -> defect: the index that shows what is provable, and what is missing."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sbw_conformance.checks import Check, catalog
from sbw_conformance.provider import Defect, defects
from sbw_conformance.scored import load_scored
from sbw_validator.requirements import Requirement, load_requirements
from sbw_validator.standard import Standard


@dataclass(frozen=True)
class Entry:
    """A requirement with the checks that assert it and the defects that expect it to fail first."""

    requirement: Requirement
    checks: tuple[Check, ...]
    defects: tuple[Defect, ...]
    scored: bool

    @property
    def gaps(self) -> tuple[str, ...]:
        """What a checked requirement lacks."""
        if self.requirement.kind != "checked" or self.requirement.judged_by != "suite":
            return ()
        lacking = {"check": self.checks, "defect": self.defects}
        return tuple(name for name, found in lacking.items() if not found)

    def to_json(self) -> dict[str, Any]:
        """The entry as `sbw requirements --json` prints it."""
        own = self.requirement
        return {
            "id": own.id,
            "class": own.class_name,
            "role": own.role,
            "keyword": own.keyword,
            "promise": own.promise,
            "kind": own.kind,
            "judged_by": own.judged_by,
            "sentence": own.sentence,
            "since": own.since,
            "scored": self.scored,
            "checks": [check.id for check in self.checks],
            "defects": [defect.id for defect in self.defects],
            **({"reason": own.reason} if own.reason else {}),
        }


def asserted_by(standard: Standard, check: Check) -> frozenset[str]:
    """Requirements that a check asserts; for the schema observer those of all classes."""
    schemas = (entry.schema_requirement for entry in standard.classes.values())
    return frozenset(check.requirements or schemas)


def index(
    standard: Standard, checks: Iterable[Check] | None = None, known: Iterable[Defect] | None = None
) -> tuple[Entry, ...]:
    """All requirements in the order of the text, with their checks and defects."""
    checks = catalog() if checks is None else tuple(checks)
    known = defects() if known is None else tuple(known)
    scored = frozenset(load_scored(standard.version).checks)
    found = []
    for requirement in load_requirements(standard):
        of = tuple(c for c in checks if requirement.id in asserted_by(standard, c))
        first = tuple(defect for defect in known if defect.expects[0] == requirement.id)
        found.append(Entry(requirement, of, first, any(c.id in scored for c in of)))
    return tuple(found)
