"""Which checks run on which resources, and what is said of those that do not."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sbw_conformance.checks import Check
from sbw_conformance.checks.run import Run
from sbw_conformance.results import Outcome, Result
from sbw_validator.standard import Resource


@dataclass(frozen=True)
class Task:
    """A check to be done on a resource, or on the provider as a whole."""

    check: Check
    resource: Resource | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What orders tasks."""
        return self.check.id, self.resource.type if self.resource else ""


def tasks(run: Run, checks: Iterable[Check]) -> Iterator[Task]:
    """All tasks that the standard has for these checks, whatever the provider claims."""
    for check in checks:
        if check.kind == "observer":
            continue
        if not check.per_resource:
            yield Task(check)
            continue
        for resource in run.standard.resources.values():
            if _concerns(check, resource):
                yield Task(check, resource)


def _concerns(check: Check, resource: Resource) -> bool:
    if check.types is not None:
        named = resource.type in check.types
    else:
        named = check.module in {"core", resource.class_name}
    shape = not check.shapes or resource.shape in check.shapes
    return named and shape and check.needs <= _possible(resource)


def _possible(resource: Resource) -> frozenset[str]:
    return frozenset(resource.operations) | _parameters(resource)


def _parameters(resource: Resource) -> frozenset[str]:
    """Parameters of its list that every list of its shape has: a query has its own ones only."""
    paged = {"limit"} if resource.shape in {"collection", "append_only"} else set[str]()
    return frozenset(paged) | frozenset(resource.filters)


def excuse(run: Run, task: Task) -> Result | None:
    """Why a task is not done: not claimed, or without what it needs; None if it is done."""
    check, resource = task.check, task.resource
    outcome, reason = None, ""
    missing = [role for role in check.roles if not run.has(role)]
    if resource is not None and not check.unclaimed:
        offered = run.operations(resource) | _parameters(resource)
        if not run.operations(resource):
            outcome, reason = Outcome.NOT_CLAIMED, f"{resource.type} is not claimed"
        elif not check.needs <= offered:
            lacking = ", ".join(sorted(check.needs - offered))
            outcome, reason = Outcome.NOT_CLAIMED, f"{resource.type}: {lacking} is not claimed"
    if outcome is None and missing:
        names = ", ".join(f"SBW_{role.upper()}_TOKEN" for role in missing)
        outcome, reason = Outcome.COULD_NOT_RUN, f"it needs {names}"
    if outcome is None:
        return None
    kind = resource.type if resource else None
    return Result("", check.id, kind, outcome, check.kind, reason=reason)


def unseen(run: Run, observers: Iterable[Check], results: Iterable[Result]) -> list[Result]:
    """Results for what observers had nothing to look at in the whole run."""
    seen = {(result.requirement, result.check) for result in results}
    claimed = [r for r in run.standard.resources.values() if run.operations(r)]
    found = []
    for check in observers:
        of_types = [r for r in claimed if check.types is None or r.type in check.types]
        relevant = [r for r in of_types if check.needs <= run.operations(r)]
        wanted = check.requirements or tuple(
            dict.fromkeys(run.standard.schema_requirement(r.type) for r in relevant)
        )
        for requirement in wanted:
            if (requirement, check.id) in seen:
                continue
            outcome = Outcome.COULD_NOT_RUN if relevant else Outcome.NOT_CLAIMED
            reason = "no answer to look at" if relevant else "nothing that it looks at is claimed"
            found.append(Result(requirement, check.id, None, outcome, "observer", reason=reason))
    return found
