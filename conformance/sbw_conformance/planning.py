"""Which checks run on which resources, and what is said of those that do not."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sbw_conformance.checks import Check
from sbw_conformance.checks.run import Run, parameters
from sbw_conformance.checks.trial import ONLY_READS
from sbw_conformance.results import Outcome, Result
from sbw_conformance.target import variable
from sbw_validator.standard import Resource

TRACES = (
    "it makes {} records, which the standard keeps for good; run it in a sandbox, or with "
    "--allow-traces"
)


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
            if _concerns(run, check, resource):
                yield Task(check, resource)


def _concerns(run: Run, check: Check, resource: Resource) -> bool:
    """Whether the standard lets a resource have what a check is about.

    A class without resources of its own, as `core` does, adds to the resources of all others.
    """
    if check.types is not None:
        named = resource.type in check.types
    else:
        own = run.standard.classes.get(check.module)
        general = check.module == "core" or (own is not None and not own.resources)
        named = general or check.module == resource.class_name
    shape = not check.shapes or resource.shape in check.shapes
    return named and shape and check.needs <= _possible(run, resource)


def _possible(run: Run, resource: Resource) -> frozenset[str]:
    return frozenset(resource.operations) | parameters(resource) | run.known_extras


def excuse(run: Run, task: Task) -> Result | None:
    """Why a task is not done: not claimed, or without what it needs; None if it is done."""
    check, resource = task.check, task.resource
    outcome, reason = None, ""
    missing = [role for role in check.roles if not run.has(role)]
    own = run.standard.classes.get(check.module)
    added = own is not None and not own.resources and not check.unclaimed
    if added and check.module not in run.claimed_classes:
        outcome, reason = _unclaimed(run, check.module)
    if outcome is None and resource is not None and not check.unclaimed:
        claimed = run.claimed_operations(resource)
        offered = claimed | parameters(resource) | run.claimed_extras
        if resource.class_name not in run.claimed_classes:
            outcome, reason = _unclaimed(run, resource.class_name)
        elif not claimed:
            outcome, reason = Outcome.NOT_CLAIMED, f"{resource.type} is not claimed"
        elif not check.needs <= offered:
            lacking = ", ".join(sorted(check.needs - offered))
            outcome, reason = Outcome.NOT_CLAIMED, f"{resource.type}: {lacking} is not claimed"
        elif not check.needs <= run.offers(resource):
            reason = ONLY_READS if run.read_only else TRACES.format(resource.type)
            outcome = Outcome.COULD_NOT_RUN
    if outcome is None and resource is not None and _coarse(run, check, resource):
        outcome = Outcome.NOT_CLAIMED
        reason = f"one scope stands for more than is done with {resource.type}"
    if outcome is None and missing:
        names = ", ".join(variable(role) for role in missing)
        outcome, reason = Outcome.COULD_NOT_RUN, f"it needs {names}"
    if outcome is None:
        return None
    kind = resource.type if resource else None
    return Result("", check.id, kind, outcome, check.kind, reason=reason)


def once(run: Run, planned: Iterable[Task]) -> list[Task]:
    """The tasks without those for which another one stands: the first that can be done."""
    given, chosen = list(planned), dict[str, Task]()
    for task in given:
        known = chosen.setdefault(task.check.id, task)
        if task.check.once and excuse(run, known) is not None and excuse(run, task) is None:
            chosen[task.check.id] = task
    return [task for task in given if not task.check.once or chosen[task.check.id] is task]


def _coarse(run: Run, check: Check, resource: Resource) -> bool:
    """Whether a check acts with narrower tokens, and scopes are so coarse that none is narrower."""
    narrower = [role for role in check.roles if role.partition(".")[2]]
    return bool(narrower) and not any(run.narrows(role, resource) for role in narrower)


def _unclaimed(run: Run, name: str) -> tuple[Outcome, str]:
    """What it means that the landing page does not claim a class: more, where it was asked for."""
    if run.asked is not None and name in run.asked:
        reason = f"class {name} was asked for, but the landing page does not claim it"
        return Outcome.COULD_NOT_RUN, reason
    return Outcome.NOT_CLAIMED, f"class {name} is not claimed"


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
            outcome = Outcome.NOT_CLAIMED
            reason = "nothing that it looks at is claimed"
            if relevant and check.seldom:
                reason = "no such answer came"
            elif relevant:
                outcome, reason = Outcome.COULD_NOT_RUN, "no answer to look at"
            found.append(Result(requirement, check.id, None, outcome, "observer", reason=reason))
    return found
