"""Annotations for GitHub Actions: workflow commands that a step prints on its standard output."""

from collections.abc import Iterator

from sbw_conformance.reports import evidence, grouping, summary
from sbw_conformance.results import Outcome, Report, Verdict

MOST = 10
"""GitHub shows so many errors and so many warnings of a step."""


def lines(report: Report) -> Iterator[str]:
    """One line for each thing to mend, and one for what could not be judged."""
    groups = grouping.failures(report)
    broken = [group for group in groups if group.first.outcome is not Outcome.WARN]
    advice = [group for group in groups if group.first.outcome is Outcome.WARN]
    for group in broken[: MOST - 1]:
        yield _annotation("error", f"{group.first.requirement}{group.on}", _text(report, group))
    if len(broken) >= MOST:
        yield _annotation("error", "SBW", f"{len(broken) - MOST + 1} more in the reports")
    names = {name for row in grouping.unjudged(report) for name in row.requirements}
    if names:
        reasons = [f"{row.reason}. {row.advice}".strip() for row in grouping.unjudged(report)]
        text = f"{summary.numbered(len(names), 'requirement')}: {' '.join(reasons)}"
        yield _annotation("warning", "SBW could not judge", text)
    if report.verdict is Verdict.INCOMPLETE and not names:
        yield _annotation("warning", "SBW INCOMPLETE", summary.headline(report))
    for group in advice[: MOST - 1]:
        yield _annotation("warning", f"{group.first.requirement}{group.on}", _text(report, group))


def render(report: Report) -> str:
    """The lines as text."""
    return "".join(f"{line}\n" for line in lines(report))


def _text(report: Report, group: grouping.Group) -> str:
    result = group.first
    exchange = evidence.exchange_of(report, result)
    sentence = report.requirements.get(result.requirement, {}).get("sentence")
    said = [sentence, evidence.where(exchange)]
    if result.pointer:
        said.append(f"place {result.pointer}")
    if result.expected is not None:
        said += [f"expected {result.expected}", f"got {result.got}"]
    said.append(result.reason)
    return "\n".join(evidence.visible(text) for text in said if text)


def _annotation(level: str, title: str, text: str) -> str:
    return f"::{level} title={_property(title)}::{_data(text)}"


def _data(text: str) -> str:
    """A message as a workflow command takes it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """A property as a workflow command takes it."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
