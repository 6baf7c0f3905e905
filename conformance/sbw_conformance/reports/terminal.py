"""The summary on a terminal: the verdict first, then what to do about each failure."""

from collections.abc import Iterator

from sbw_conformance.cleanup import FOR_GOOD
from sbw_conformance.reports import evidence, grouping, summary
from sbw_conformance.results import Outcome, Report, Verdict
from sbw_validator.findings import printable

COLORS = {
    Verdict.CONFORMANT: "bold green",
    Verdict.NOT_CONFORMANT: "bold red",
    Verdict.INCOMPLETE: "bold yellow",
    Verdict.ERROR: "bold magenta",
    Verdict.INTERRUPTED: "bold yellow",
}
MOST_SHOWN = 25
MOST_NAMED = 12
MOST_LISTED = 3
"""More things to mend than these are listed before they are told one by one."""

Line = tuple[str, str]
"""Text and its style."""


def lines(report: Report) -> Iterator[Line]:
    """The summary line by line; a control character that a provider sent is shown, not obeyed."""
    for text, style in _lines(report):
        yield printable(text), style


def render(report: Report) -> str:
    """The summary as plain text."""
    return "".join(f"{text}\n" for text, _ in lines(report))


def _lines(report: Report) -> Iterator[Line]:
    run, end = report.run, report.end
    yield f"{report.verdict}", COLORS[report.verdict]
    yield f"  {summary.provider(report)} at {run['target']}", ""
    yield f"  {summary.classes(report)}", ""
    counted = [f"{n} {summary.WORDS[outcome]}" for outcome, n in summary.counts(report).items()]
    yield f"  requirements: {', '.join(counted) or 'none judged'}", ""
    yield f"  {end['requests']} requests in {end['seconds']} s, seed {run['seed']}", ""
    for note in summary.notes(report):
        yield f"  {note}", ""
    yield from _cleanup(report)
    groups = grouping.failures(report)
    if len(groups) > MOST_LISTED:
        yield f"  to mend: {_some(tuple(dict.fromkeys(g.first.requirement for g in groups)))}", ""
    for group in groups[:MOST_SHOWN]:
        yield "", ""
        yield from _failure(report, group)
    if len(groups) > MOST_SHOWN:
        yield "", ""
        yield f"... and {len(groups) - MOST_SHOWN} more in the reports", ""
    yield from _not_run(report)
    yield from _waived(report)
    yield from _attested(report)


def _some(names: tuple[str, ...]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _failure(report: Report, group: grouping.Group) -> Iterator[Line]:
    result = group.first
    style = "bold yellow" if result.outcome is Outcome.WARN else "bold red"
    yield f"{result.outcome.upper()} {result.requirement}  {result.check}{group.on}", style
    sentence = report.requirements.get(result.requirement, {}).get("sentence")
    exchange = evidence.exchange_of(report, result)
    others = group.other_checks
    for label, text in (
        ("", sentence),
        ("case     ", grouping.case(report, result)),
        ("where    ", evidence.where(exchange)),
        ("place    ", result.pointer),
        ("expected ", result.expected),
        ("got      ", result.got),
        ("note     ", result.reason),
        ("         ", f"and {group.more} more like it" if group.more else None),
        (
            "also     ",
            f"seen by {summary.numbered(len(others), 'other check')}" if others else None,
        ),
        ("blocks   ", _some(group.blocks)),
        ("again    ", evidence.curl(exchange) if exchange else None),
    ):
        if text:
            yield f"  {label}{text}", "" if label else "italic"


def _not_run(report: Report) -> Iterator[Line]:
    rows = grouping.unjudged(report)
    if rows:
        yield "", ""
        yield "COULD NOT RUN", "bold yellow"
    for row in rows:
        advice = f" {row.advice}" if row.advice else ""
        yield f"  {row.reason}: {_some(row.requirements)}.{advice}", ""


def _waived(report: Report) -> Iterator[Line]:
    rows = grouping.waived(report)
    if rows:
        yield "", ""
        yield "WAIVED", "bold yellow"
    for row in rows:
        said = "until {expires}, {owner}, {ticket}: {reason}".format_map(row.waiver)
        yield f"  {row.first.requirement}{row.on} {said}", ""


def _attested(report: Report) -> Iterator[Line]:
    """What the vendor attests; nothing where there is no attestation."""
    signed = summary.attested_by(report)
    if signed is None:
        return
    yield "", ""
    yield f"ATTESTED, {signed}", "bold"
    for promise in summary.promises(report):
        yield (
            f"  {promise.requirement} {promise.state}{': ' if promise.how else ''}{promise.how}",
            "",
        )


def _cleanup(report: Report) -> Iterator[Line]:
    done, kept = report.cleanup, grouping.kept(report)
    if done.get("removed") or kept:
        number = sum(len(names) for _, _, names in kept)
        left = f", {number} left behind" if kept else ""
        yield f"  {done['removed']} records of the suite removed again{left}", ""
    for kind, reason, names in kept:
        shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        yield f"    left: {len(names)} {kind} ({shown}): {reason}", ""
    if any(reason != FOR_GOOD for _, reason, _ in kept):
        yield f"    `sbw clean {report.run['target']}` tries again", ""
