"""What changed between two runs: for a person, for a job summary, for machines."""

import json
from collections.abc import Iterator
from typing import Any

from sbw_conformance.comparing import Change, Comparison, Kind, Turn, outcome_of
from sbw_conformance.reports import markdown, summary
from sbw_conformance.reports.terminal import Line
from sbw_conformance.results import Outcome, Report, Result
from sbw_validator.findings import printable

STYLES = {Kind.BROKE: "bold red", Kind.MENDED: "bold green"}
TITLES = {
    Kind.BROKE: "BROKE",
    Kind.CHANGED: "CHANGED OTHERWISE",
    Kind.APPEARED: "APPEARED",
    Kind.DISAPPEARED: "DISAPPEARED",
    Kind.MENDED: "MENDED",
}
"""The kinds of changes in the order in which they are told."""


def lines(comparison: Comparison) -> Iterator[Line]:
    """What changed, line by line: settings first, then verdicts, then requirements."""
    for text, style in _lines(comparison):
        yield printable(text), style


def _lines(comparison: Comparison) -> Iterator[Line]:
    for row in comparison.differences:
        yield f"different {row.name}: {row.old} -> {row.new}", "bold yellow"
    yield verdicts(comparison), "bold"
    yield f"  old  {_run(comparison.old)}", ""
    yield f"  new  {_run(comparison.new)}", ""
    yield f"  {counted(comparison)}", ""
    for kind, title in TITLES.items():
        found = [change for change in comparison.changes if change.kind is kind]
        if found:
            yield "", ""
            yield title, STYLES.get(kind, "bold")
        if kind in {Kind.APPEARED, Kind.DISAPPEARED}:
            yield from _together([change for change in found if not change.worse])
            found = [change for change in found if change.worse]
        for change in found:
            yield from _change(change)


def _together(changes: list[Change]) -> Iterator[Line]:
    """Requirements that came and went without harm, one line for each way."""
    ways: dict[str, list[str]] = {}
    for change in changes:
        way = f"{word(change.old)} -> {word(change.new)}"
        ways.setdefault(way, []).append(change.requirement)
    for way, names in ways.items():
        yield f"  {way}: {', '.join(names)}", ""


def verdicts(comparison: Comparison) -> str:
    """The verdicts then and now."""
    old, new = comparison.old.verdict, comparison.new.verdict
    return f"{new}, as before" if old is new else f"{old} -> {new}"


def counted(comparison: Comparison) -> str:
    """How many requirements changed in which way."""
    kinds = [change.kind for change in comparison.changes]
    found = [f"{kinds.count(kind)} {title.lower()}" for kind, title in TITLES.items()]
    told = [text for text in found if not text.startswith("0 ")]
    if not told:
        return "every requirement came out as before"
    return ", ".join(told) + ("" if comparison.worse else "; nothing got worse")


def _run(report: Report) -> str:
    run = report.run
    return f"{run['run']} of {run['started_at']}, {summary.provider(report)} at {run['target']}"


def _change(change: Change) -> Iterator[Line]:
    worse = "" if change.kind is Kind.BROKE or not change.worse else ", worse"
    yield f"  {change.requirement}  {word(change.old)} -> {word(change.new)}{worse}", ""
    if change.worse and change.sentence:
        yield f"    {change.sentence}", "italic"
    for turn in telling(change):
        on = f" on {turn.resource}" if turn.resource else ""
        yield f"    {turn.check}{on}: {word(outcome_of(turn.old))} -> {said(turn.new)}", ""


def telling(change: Change) -> tuple[Turn, ...]:
    """The checks that explain a change: those that got worse, or else those done both times."""
    worse = tuple(turn for turn in change.turns if turn.worse)
    both = tuple(turn for turn in change.turns if turn.old and turn.new)
    return worse or both or change.turns


def word(outcome: Outcome | None) -> str:
    """An outcome in words."""
    return "not looked at" if outcome is None else summary.WORDS[outcome]


def said(result: Result | None) -> str:
    """An outcome in words, with what was expected where it is not kept."""
    if result is None or result.outcome in {Outcome.PASS, Outcome.NOT_CLAIMED}:
        return word(outcome_of(result))
    why = result.reason
    if result.expected is not None:
        why = f"expected {result.expected}, got {result.got}"
    if result.blocked_by:
        why = f"blocked by {result.blocked_by}"
    return word(result.outcome) + (f" ({why})" if why else "")


def render_json(comparison: Comparison) -> str:
    """The comparison as a JSON object."""
    value = {
        "worse": comparison.worse,
        "verdict": [comparison.old.verdict.value, comparison.new.verdict.value],
        "runs": [comparison.old.run["run"], comparison.new.run["run"]],
        "differences": [
            {"name": row.name, "old": row.old, "new": row.new} for row in comparison.differences
        ],
        "changes": [_value(change) for change in comparison.changes],
    }
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _value(change: Change) -> dict[str, Any]:
    return {
        "requirement": change.requirement,
        "kind": change.kind.value,
        "worse": change.worse,
        "old": change.old,
        "new": change.new,
        "checks": [_turn(turn) for turn in change.turns],
    }


def _turn(turn: Turn) -> dict[str, Any]:
    value = {
        "check": turn.check,
        "resource": turn.resource,
        "worse": turn.worse,
        "old": outcome_of(turn.old),
        "new": outcome_of(turn.new),
    }
    if turn.new is not None and turn.new.expected is not None and turn.worse:
        value |= {"expected": turn.new.expected, "got": turn.new.got}
    return value


def render_markdown(comparison: Comparison) -> str:
    """The comparison as a part of a job summary, within GitHub's bound."""
    text = [f"## SBW: {verdicts(comparison)}", "", counted(comparison), ""]
    text += [
        f"- different {row.name}: {markdown.code(row.old)} → {markdown.code(row.new)}"
        for row in comparison.differences
    ]
    if comparison.changes:
        text += ["", "| | requirement | then | now | checks |", "| --- | --- | --- | --- | --- |"]
    order = list(TITLES)
    size = sum(len(line.encode()) for line in text)
    for change in sorted(comparison.changes, key=lambda change: order.index(change.kind)):
        row = _row(change)
        size += len(row.encode()) + 1
        if size > markdown.LARGEST - 1000:
            text += ["", "More do not fit in here; sbw diff prints all of it."]
            break
        text.append(row)
    return "\n".join(text) + "\n"


def _row(change: Change) -> str:
    checks = "<br>".join(
        f"{markdown.code(turn.check)}{f' on {turn.resource}' if turn.resource else ''}: "
        f"{markdown.plain(said(turn.new))}"
        for turn in telling(change)
    )
    title = TITLES[change.kind].lower()
    then, now = word(change.old), word(change.new)
    return f"| {title} | {change.requirement} | {then} | {now} | {checks} |"
