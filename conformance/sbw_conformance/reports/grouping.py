"""Results put together: what fails alike is one thing to mend, however often it was seen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sbw_conformance.reports import summary
from sbw_conformance.results import Outcome, Report, Result

SEVERITY = (Outcome.FAIL, Outcome.ERROR, Outcome.WARN)


def _resources(results: Iterable[Result]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(result.resource for result in results if result.resource))


@dataclass(frozen=True)
class Group:
    """Failures of one requirement that expected the same, the most telling first.

    `blocks` names the requirements that could not be judged because of it.
    """

    results: tuple[Result, ...]
    blocks: tuple[str, ...] = ()

    @property
    def first(self) -> Result:
        """The failure that is shown."""
        return self.results[0]

    @property
    def resources(self) -> tuple[str, ...]:
        """The types of records that it was seen on."""
        return _resources(self.results)

    @property
    def on(self) -> str:
        """The types of records as words behind the requirement."""
        return f" on {', '.join(self.resources)}" if self.resources else ""

    @property
    def more(self) -> int:
        """Further failures of the same kind that one check saw on one resource."""
        return sum(result.more for result in self.results)

    @property
    def other_checks(self) -> tuple[str, ...]:
        """The other checks that saw it."""
        names = dict.fromkeys(result.check for result in self.results)
        return tuple(name for name in names if name != self.first.check)


def case(report: Report, result: Result) -> str | None:
    """What the check of a result is about, in its own words; None for one that only looks on."""
    titles = (entry["title"] for entry in report.checks.values() if entry["check"] == result.check)
    return next(titles, None)


@dataclass(frozen=True)
class Unjudged:
    """Requirements that one reason kept from being judged, and what to do about it."""

    reason: str
    advice: str
    requirements: tuple[str, ...]


def failures(report: Report) -> tuple[Group, ...]:
    """What someone has to act on: what is broken first, and of that what blocks most."""
    blocked: dict[str, dict[str, None]] = {}
    for result in report.results:
        if result.outcome is Outcome.COULD_NOT_RUN and result.blocked_by:
            blocked.setdefault(result.blocked_by, {})[result.requirement] = None
    groups = []
    told = set[str]()
    for rows in _alike(report):
        name = rows[0].requirement
        # Several groups of one requirement block the same: it is told once.
        stopped = () if name in told else tuple(n for n in blocked.get(name, ()) if n != name)
        told.add(name)
        groups.append(Group(tuple(rows), stopped))
    return tuple(sorted(groups, key=_urgency))


def _alike(report: Report) -> Iterable[list[Result]]:
    """Failures of one requirement that expected the same.

    What a check took for granted, or a program came upon, joins the failures of the checks that
    are about it: they say best what to do.
    """
    about = {event["check"]: event["requirements"] for event in report.checks.values()}
    own: dict[tuple[Outcome, str, str], list[Result]] = {}
    granted: dict[tuple[Outcome, str], list[Result]] = {}
    told = {(row.outcome, row.requirement) for row in report.failures() if row.kind != "program"}
    for row in sorted(
        report.failures(), key=lambda row: row.requirement not in _named_for(about, row)
    ):
        about_it = row.requirement in about.get(row.check, ())
        came_upon = row.kind == "program" and (row.outcome, row.requirement) in told
        if came_upon or (row.kind == "scenario" and not about_it):
            granted.setdefault((row.outcome, row.requirement), []).append(row)
        else:
            key = (row.outcome, row.requirement, row.expected or row.reason or "")
            own.setdefault(key, []).append(row)
    for (outcome, requirement, _), rows in own.items():
        if rows[0].kind != "waiver":
            rows.extend(granted.pop((outcome, requirement), []))
    return [*own.values(), *granted.values()]


def _named_for(about: Mapping[str, Sequence[str]], row: Result) -> Sequence[str]:
    """The requirement that the check of a result is named for: it tells of it best."""
    return about.get(row.check, ())[:1]


def _urgency(group: Group) -> tuple[int, int, str]:
    return SEVERITY.index(group.first.outcome), -len(group.blocks), group.first.requirement


def unjudged(report: Report) -> tuple[Unjudged, ...]:
    """What could not run, by reason; requirements that stand in the way come first."""
    together: dict[str, dict[str, None]] = {}
    blockers = set[str]()
    for result in report.results:
        if result.outcome is Outcome.COULD_NOT_RUN:
            reason = result.reason or "no reason is known"
            if result.blocked_by:
                reason = f"blocked by {result.blocked_by}"
                blockers.add(reason)
            together.setdefault(reason, {})[result.requirement] = None
    found = [
        Unjudged(reason, _advice(reason), tuple(names))
        for reason, names in sorted(together.items())
    ]
    return tuple(sorted(found, key=lambda row: row.reason not in blockers))


def _advice(reason: str) -> str:
    """What to do about a reason; nothing where the reason says it."""
    if reason.startswith("blocked by "):
        return f"Mend {reason.removeprefix('blocked by ')} first."
    if reason.startswith("it needs SBW_"):
        return "Set what is missing, or name it in sbw.yaml."
    if reason.startswith("the run was interrupted"):
        return "Run again."
    return ""


def not_claimed(report: Report) -> tuple[Unjudged, ...]:
    """Requirements that nothing claims, by reason."""
    outcomes = summary.outcomes(report)
    reasons: dict[str, dict[str, None]] = {}
    for result in report.results:
        if outcomes[result.requirement] is Outcome.NOT_CLAIMED:
            reasons.setdefault(result.requirement, {})[result.reason or "not claimed"] = None
    together: dict[str, list[str]] = {}
    for name, said in reasons.items():
        together.setdefault("; ".join(said), []).append(name)
    return tuple(Unjudged(why, "", tuple(names)) for why, names in sorted(together.items()))


@dataclass(frozen=True)
class Waived:
    """Failures of one requirement that one waiver covers; `first` is the one that is shown."""

    first: Result
    resources: tuple[str, ...]
    waiver: Mapping[str, str]

    @property
    def on(self) -> str:
        """The types of records that it was seen on, as words behind the requirement."""
        return f" on {', '.join(self.resources)}" if self.resources else ""


def waived(report: Report) -> tuple[Waived, ...]:
    """Failures that the vendor knows of and answers for."""
    together: dict[tuple[str, ...], list[Result]] = {}
    for result in report.results:
        if result.outcome is Outcome.WAIVED and result.waiver is not None:
            together.setdefault((result.requirement, *result.waiver.values()), []).append(result)
    return tuple(
        Waived(rows[0], _resources(rows), rows[0].waiver or {}) for rows in together.values()
    )


def kept(report: Report) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """What is left behind, by type of record and reason."""
    together: dict[tuple[str, str], list[str]] = {}
    for trace in report.cleanup.get("kept", ()):
        together.setdefault((trace["resource"], trace["reason"]), []).append(trace["record"])
    return tuple((kind, why, tuple(names)) for (kind, why), names in sorted(together.items()))
