"""The summary on a terminal: the verdict first, then what to do about each failure."""

from collections.abc import Iterator

from sbw_conformance.reports import evidence
from sbw_conformance.results import Outcome, Report, Result, Verdict

COLORS = {
    Verdict.CONFORMANT: "bold green",
    Verdict.NOT_CONFORMANT: "bold red",
    Verdict.INCOMPLETE: "bold yellow",
    Verdict.ERROR: "bold magenta",
    Verdict.INTERRUPTED: "bold yellow",
}
WORDS = {
    Outcome.PASS: "kept",
    Outcome.FAIL: "broken",
    Outcome.WARN: "advice not followed",
    Outcome.COULD_NOT_RUN: "could not be judged",
    Outcome.ERROR: "stopped by an error of the suite",
    Outcome.NOT_CLAIMED: "not claimed",
}
MOST_SHOWN = 25

Line = tuple[str, str]
"""Text and its style."""


def lines(report: Report) -> Iterator[Line]:
    """The summary line by line; a control character that a provider sent is shown, not obeyed."""
    for text, style in _lines(report):
        yield "".join(c if c.isprintable() else _escaped(c) for c in text), style


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()


def _lines(report: Report) -> Iterator[Line]:
    run, end = report.run, report.end
    app = end.get("app") or {}
    name = f"{app['name']} ({app['id']})" if {"name", "id"} <= app.keys() else "unknown app"
    yield f"{report.verdict}", COLORS[report.verdict]
    yield f"  {name} at {run['target']}", ""
    yield f"  SBW {run['standard']}, classes {', '.join(end['classes']) or 'none'}", ""
    counted = [f"{n} {WORDS[outcome]}" for outcome, n in report.count().items() if n]
    yield f"  requirements: {', '.join(counted)}", ""
    yield f"  {end['requests']} requests in {end['seconds']} s, seed {run['seed']}", ""
    if end["settled_seconds"]:
        yield f"  lists lagged behind writes by up to {end['settled_seconds']} s", ""
    yield from _cleanup(report)
    failures = report.failures()
    for result in failures[:MOST_SHOWN]:
        yield "", ""
        yield from _failure(report, result)
    if len(failures) > MOST_SHOWN:
        yield f"... and {len(failures) - MOST_SHOWN} more in the reports", ""
    yield from _not_run(report)


def _failure(report: Report, result: Result) -> Iterator[Line]:
    on = f" on {result.resource}" if result.resource else ""
    style = "bold red" if result.outcome is Outcome.FAIL else "bold yellow"
    yield f"{result.outcome.upper()} {result.requirement}  {result.check}{on}", style
    sentence = report.requirements.get(result.requirement, {}).get("sentence")
    exchange = evidence.exchange_of(report, result)
    for label, text in (
        ("", sentence),
        ("where    ", evidence.where(exchange)),
        ("place    ", result.pointer),
        ("expected ", result.expected),
        ("got      ", result.got),
        ("note     ", result.reason),
        ("         ", f"and {result.more} more like it" if result.more else None),
        ("again    ", evidence.curl(exchange) if exchange else None),
    ):
        if text:
            yield f"  {label}{text}", "" if label else "italic"


def _not_run(report: Report) -> Iterator[Line]:
    reasons: dict[str, list[str]] = {}
    for result in report.results:
        if result.outcome is Outcome.COULD_NOT_RUN:
            reason = f"blocked by {result.blocked_by}" if result.blocked_by else result.reason
            names = reasons.setdefault(reason or "", [])
            if result.requirement not in names:
                names.append(result.requirement)
    if reasons:
        yield "", ""
        yield "COULD NOT RUN", "bold yellow"
    for reason, names in sorted(reasons.items()):
        yield f"  {reason}: {', '.join(names)}", ""


def _cleanup(report: Report) -> Iterator[Line]:
    done, kept = report.cleanup, report.cleanup.get("kept", [])
    if done.get("removed") or kept:
        left = f", {len(kept)} left behind" if kept else ""
        yield f"  {done['removed']} records of the suite removed again{left}", ""
    together: dict[tuple[str, str], list[str]] = {}
    for trace in kept:
        together.setdefault((trace["resource"], trace["reason"]), []).append(trace["record"])
    for (kind, reason), names in sorted(together.items()):
        shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        yield f"    left: {len(names)} {kind} ({shown}): {reason}", ""
