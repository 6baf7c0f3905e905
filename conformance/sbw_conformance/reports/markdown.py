"""summary.md: the verdict and what to mend, as a job summary of CI systems shows it."""

import re
from collections.abc import Iterator

from sbw_conformance.reports import evidence, grouping, summary
from sbw_conformance.results import Report

LARGEST = 1024 * 1024
"""Bytes that GitHub takes of a job summary."""

LONGEST_LINE = 8000
"""Characters of a line of curl that is shown."""

_MARKUP = re.compile(r"[^\w\s,;./()='-]|_|(?<=www)\.")


def render(report: Report) -> str:
    """The file as text; what does not fit in GitHub's bound is left out, and said to be."""
    head = "\n".join(_head(report))
    tail = "\n".join([*_unjudged(report), *_waived(report), *_attested(report)])
    room = LARGEST - len(head.encode()) - len(tail.encode()) - 1000
    groups = grouping.failures(report)
    rows, details, shown = [], [], 0
    for group in groups:
        row, detail = _row(group), "\n".join(_detail(report, group))
        room -= len(row.encode()) + len(detail.encode()) + 2
        if room < 0:
            break
        rows.append(row)
        details.append(detail)
        shown += 1
    text = [head]
    if rows:
        text += ["### What to mend", "", "| requirement | expected | got |", "| --- | --- | --- |"]
        text += [*rows, "", *details]
    if shown < len(groups):
        left = summary.numbered(len(groups) - shown, "failure")
        text.append(f"{left} more do not fit in here; report.html has them.\n")
    return "\n".join([*text, tail])


def _head(report: Report) -> Iterator[str]:
    run, end = report.run, report.end
    yield f"## SBW: {report.verdict}"
    yield ""
    yield plain(summary.headline(report))
    yield ""
    yield f"- {code(summary.provider(report))} at {code(run['target'])}"
    yield f"- {plain(summary.classes(report))}"
    counted = [f"{n} {summary.WORDS[outcome]}" for outcome, n in summary.counts(report).items()]
    yield f"- requirements: {', '.join(counted) or 'none judged'}"
    yield f"- {end['requests']} requests in {end['seconds']} s, seed {run['seed']}"
    for note in summary.notes(report):
        yield f"- {plain(note)}"
    for kind, reason, names in grouping.kept(report):
        yield f"- left behind: {len(names)} {kind}: {code(reason)}"
    yield ""


def _row(group: grouping.Group) -> str:
    result = group.first
    expected, got = result.expected or "", result.got or result.reason or ""
    return f"| {result.requirement}{group.on} | {code(expected)} | {code(got)} |"


def _detail(report: Report, group: grouping.Group) -> Iterator[str]:
    result = group.first
    exchange = evidence.exchange_of(report, result)
    sentence = report.requirements.get(result.requirement, {}).get("sentence", "")
    word = summary.WORDS[result.outcome]
    yield f"<details><summary>{result.requirement} {word}: {plain(result.check)}</summary>"
    yield ""
    if sentence:
        yield _sentence(sentence)
        yield ""
    for label, text in (
        ("where", evidence.where(exchange)),
        ("place", result.pointer),
        ("note", result.reason),
        ("blocks", ", ".join(group.blocks)),
    ):
        if text:
            yield f"- {label}: {code(text)}"
    if exchange is not None:
        line = evidence.curl(exchange)
        if len(line) > LONGEST_LINE:
            line = f"# a line of {len(line)} characters: it stands in report.html"
        yield ""
        yield from _fenced(evidence.visible(line))
    yield ""
    yield "</details>"
    yield ""


def _fenced(text: str) -> Iterator[str]:
    """A text in a fence that it cannot close."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}sh"
    yield text
    yield fence


def _unjudged(report: Report) -> Iterator[str]:
    rows = grouping.unjudged(report)
    if rows:
        yield from ("### Could not be judged", "")
    for row in rows:
        yield f"- {code(row.reason)}: {', '.join(row.requirements)}. {plain(row.advice)}".rstrip()
    if rows:
        yield ""


def _waived(report: Report) -> Iterator[str]:
    rows = grouping.waived(report)
    if rows:
        yield from ("### Waived", "")
        yield "| requirement | got | reason | owner | ticket | expires |"
        yield "| --- | --- | --- | --- | --- | --- |"
    for row in rows:
        said = [row.waiver[name] for name in ("reason", "owner", "ticket", "expires")]
        cells = [code(text) for text in (row.first.got or "", *said)]
        yield f"| {row.first.requirement}{row.on} | {' | '.join(cells)} |"
    if rows:
        yield ""


def _attested(report: Report) -> Iterator[str]:
    signed = summary.attested_by(report)
    if signed is None:
        return
    yield from ("### Attested", "", f"By the vendor, {code(signed)}:", "")
    for promise in summary.promises(report):
        how = f": {code(promise.how)}" if promise.how else ""
        yield f"- {promise.requirement} {promise.state}{how}"
    yield ""


def plain(text: str) -> str:
    """A text on one line, none of it markup."""
    flat = re.sub(r"\s+", " ", evidence.visible(text))
    return _MARKUP.sub(lambda match: f"&#{ord(match[0])};", flat)


def code(text: str) -> str:
    """A text as code; names in it call nobody and addresses lead nowhere."""
    return f"<code>{plain(text)}</code>" if text else ""


def _sentence(sentence: str) -> str:
    """A sentence of the standard with its code as code."""
    parts = sentence.split("`")
    return "".join(code(p) if n % 2 else plain(p) for n, p in enumerate(parts))
