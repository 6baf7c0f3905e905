"""What of a standard a run judges: some classes, only what needs no write, what failed before."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sbw_conformance.planning import Task
from sbw_conformance.results import Outcome, Report
from sbw_conformance.target import ConfigurationError
from sbw_validator.requirements import Requirement
from sbw_validator.standard import Standard
from sbw_validator.wording import near

ONCE_MORE = frozenset({Outcome.FAIL, Outcome.WARN, Outcome.ERROR, Outcome.COULD_NOT_RUN})


@dataclass(frozen=True)
class Selection:
    """All that is claimed, unless something else is said.

    `classes` are those that are judged, with those that they depend on; `read_only` leaves out
    whatever writes; `again` holds check and resource type of what is done once more. What leaves
    something out that is claimed can not end in CONFORMANT, but for classes: the verdict names
    those.
    """

    classes: frozenset[str] | None = None
    read_only: bool = False
    again: frozenset[tuple[str, str]] | None = None

    @property
    def partial(self) -> bool:
        """Whether a run of it says too little for CONFORMANT."""
        return self.read_only or self.again is not None

    def takes(self, task: Task) -> bool:
        """Whether a task is part of it."""
        classes, resource = self.classes, task.resource
        if classes is not None and resource is not None and resource.class_name not in classes:
            return False
        return self.again is None or task.key in self.again

    def judges(self, requirement: Requirement | None) -> bool:
        """Whether results of a requirement are told; None is one that no text knows."""
        return self.classes is None or requirement is None or requirement.class_name in self.classes

    def to_json(self) -> dict[str, Any]:
        """The selection as events and reports hold it."""
        return {
            "classes": None if self.classes is None else sorted(self.classes),
            "read_only": self.read_only,
            "rerun": self.again is not None,
        }


def of_profile(standard: Standard, name: str) -> frozenset[str]:
    """The classes of a profile; ConfigurationError while one of them is still to be written."""
    if name not in standard.profiles:
        raise ConfigurationError(
            f"There is no profile {name}.", near(name, list(standard.profiles), "Use")
        )
    missing = [found for found in standard.profiles[name] if found not in standard.classes]
    if missing:
        there = [found for found in standard.profiles[name] if found in standard.classes]
        raise ConfigurationError(
            f"The profile {name} cannot be judged yet: SBW {standard.version} has no class "
            f"{', '.join(missing)} so far.",
            f"Judge what there is of it: {' '.join(f'--class {found}' for found in there)}",
        )
    return of_classes(standard, standard.profiles[name])


def of_classes(standard: Standard, names: Iterable[str]) -> frozenset[str]:
    """Classes with all that they depend on, `core` among them; ConfigurationError for others."""
    for name in names:
        if name not in standard.classes:
            raise ConfigurationError(
                f"There is no class {name}.", near(name, list(standard.classes), "Use")
            )
    found = frozenset({"core", *names})
    while more := {d for n in found for d in standard.classes[n].depends_on} - found:
        found |= more
    return found


def failed_in(report: Report) -> frozenset[tuple[str, str]]:
    """Check and resource type of whatever did not end well in a report.

    For what an observer saw it is the check whose exchange showed it.
    """
    found = set()
    for result in report.results:
        if result.outcome not in ONCE_MORE:
            continue
        if result.kind != "observer":
            found.add((result.check, result.resource or ""))
        elif exchange := report.exchanges.get(result.exchange or ""):
            name, bracket, kind = exchange["trial"].partition("[")
            checks = {entry["check"] for entry in report.checks.values()}
            while name not in checks and "." in name:
                name = name.rpartition(".")[0]
            found.add((name, kind.rstrip("]") if bracket else ""))
    return frozenset(found)
