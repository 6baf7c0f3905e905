"""report.html: one file that opens from disk, with every requirement and the evidence."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from sbw_conformance.reports import evidence, grouping, packing, summary
from sbw_conformance.results import WORST_FIRST, Outcome, Report, Result, Verdict, worst

LARGEST = 12_000_000
"""Bytes that the file has at most with 5,000 results."""

EVIDENCE = 9_000_000
"""Characters that the compressed evidence takes at most."""

WRITTEN_OUT = 1_500_000
"""Characters of failures that are written out; the others stand with their requirements."""

MOST_LISTED = 10

SIGNS: Mapping[str, str] = {
    Outcome.PASS: "✓",
    Outcome.FAIL: "✗",
    Outcome.WARN: "!",
    Outcome.COULD_NOT_RUN: "?",
    Outcome.ERROR: "⚠",
    Outcome.WAIVED: "~",
    Outcome.NOT_CLAIMED: "○",
    "checked": "·",
    "attested": "✎",
    "planned": "·",
    "excluded": "·",
}
TONES: Mapping[Verdict, tuple[str, str]] = {
    Verdict.CONFORMANT: ("pass", "✓"),
    Verdict.NOT_CONFORMANT: ("fail", "✗"),
    Verdict.INCOMPLETE: ("could-not-run", "?"),
    Verdict.ERROR: ("error", "⚠"),
    Verdict.INTERRUPTED: ("could-not-run", "?"),
}


@dataclass(frozen=True)
class Row:
    """A requirement in the table.

    `on` holds `resource:outcome` pairs for the filter, `checks` what each check says, `mixed` a
    count by outcome where results differ.
    """

    id: str
    class_name: str
    outcome: str
    sentence: str
    on: str
    checks: tuple[tuple[str, str], ...]
    size: int
    mixed: str


def render(report: Report) -> str:
    """The file as text; all that a provider sent is escaped."""
    packed = packing.pack(report, EVIDENCE)
    rows = tuple(_rows(report))
    sentences = report.requirements
    failures = grouping.failures(report)
    not_claimed = grouping.not_claimed(report)
    values: dict[str, Any] = {
        "report": report,
        "run": report.run,
        "end": report.end,
        "headline": summary.headline(report),
        "notes": tuple(summary.notes(report)),
        "counts": summary.counts(report),
        "promises": summary.promises(report),
        "signed": summary.attested_by(report),
        "numbered": summary.numbered,
        "case": grouping.case,
        "sentences": sentences,
        "failures": failures,
        "shown": _written_out(report, failures),
        "most_listed": MOST_LISTED,
        "unjudged": grouping.unjudged(report),
        "waived": grouping.waived(report),
        "not_claimed": not_claimed,
        "not_claimed_count": sum(len(row.requirements) for row in not_claimed),
        "kept": grouping.kept(report),
        "cleaned": report.cleanup.get("removed"),
        "rows": rows,
        "class_names": dict.fromkeys(entry["class"] for entry in sentences.values()),
        "resource_names": sorted({r.resource for r in report.results if r.resource}),
        "outcome_names": _ordered(
            {row.outcome for row in rows} | {r.outcome.value for r in report.results}
        ),
        "chunks": tuple(map(Markup, packed.chunks)),
        "places": packed.places,
        "cut": packed.cut,
    }
    tone, sign = TONES[report.verdict]
    return _template().render(**values, tone=tone, sign=sign, sections=_sections(values))


def _sections(values: Mapping[str, Any]) -> list[tuple[str, str, int | None]]:
    """Anchor, title and size of each section that there is."""
    unjudged = {name for row in values["unjudged"] for name in row.requirements}
    known = [
        ("mend", "What to mend", len(values["failures"])),
        ("unjudged", "Could not be judged", len(unjudged)),
        ("waived", "Waived", len(values["waived"])),
        ("attested", "Attested", len(values["promises"])),
        ("unclaimed", "Not claimed", values["not_claimed_count"]),
        ("left", "Left behind", sum(len(names) for _, _, names in values["kept"])),
        ("requirements", "Requirements", len(values["rows"])),
    ]
    return [section for section in known if section[2]]


def _ordered(outcomes: set[str]) -> list[str]:
    """The outcomes that occur, worst first, behind them the kinds of what was not judged."""
    known = [*(outcome.value for outcome in WORST_FIRST), "checked", *SIGNS]
    return [name for name in dict.fromkeys(known) if name in outcomes]


def _rows(report: Report) -> Iterator[Row]:
    together: dict[str, list[Result]] = {name: [] for name in report.requirements}
    for result in report.results:
        together.setdefault(result.requirement, []).append(result)
    for name, results in together.items():
        entry = report.requirements.get(name, {"class": "", "kind": "checked", "sentence": ""})
        outcomes = [result.outcome for result in results]
        by_resource: dict[str, list[Outcome]] = {}
        by_check: dict[str, dict[Outcome, list[str]]] = {}
        for result in results:
            by_resource.setdefault(result.resource or "-", []).append(result.outcome)
            said = by_check.setdefault(result.check, {}).setdefault(result.outcome, [])
            said.append(result.resource or "")
        counted = {outcome: outcomes.count(outcome) for outcome in WORST_FIRST}
        mixed = [f"{n} {summary.WORDS[outcome]}" for outcome, n in counted.items() if n]
        yield Row(
            name,
            entry["class"],
            worst(outcomes).value if outcomes else entry["kind"],
            entry["sentence"],
            " ".join(f"{kind}:{worst(found).value}" for kind, found in by_resource.items()),
            tuple((check, _said(said)) for check, said in by_check.items()),
            len(results),
            ", ".join(mixed) if len(mixed) > 1 else "",
        )


def _said(by_outcome: Mapping[Outcome, list[str]]) -> str:
    """What a check says of which resources, such as `kept on contact; broken on task`."""
    parts = []
    for outcome in WORST_FIRST:
        names = by_outcome.get(outcome)
        if names is not None:
            whole = ["the provider as a whole"] if "" in names and any(names) else []
            on = ", ".join([*whole, *filter(None, names)])
            parts.append(summary.WORDS[outcome] + (f" on {on}" if on else ""))
    return "; ".join(parts)


def _written_out(
    report: Report, failures: tuple[grouping.Group, ...]
) -> tuple[grouping.Group, ...]:
    """The failures, worst first, whose text fits into the page."""
    size = 0
    for number, group in enumerate(failures):
        exchange = evidence.exchange_of(report, group.first)
        size += 1000
        if exchange is not None:
            size += len(evidence.curl(exchange)) + len(evidence.answer(exchange))
        if size > WRITTEN_OUT:
            return failures[:number]
    return failures


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("sbw_conformance", "reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"code": _code, "seen": evidence.visible}
    style, script = map(_part, ("report.css", "report.js"))
    # Nothing but these two texts is run or obeyed, whatever a provider's words contain.
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    environment.globals |= {
        "policy": policy,
        "style": Markup(style),  # noqa: S704  # our own file
        "script": Markup(script),  # noqa: S704  # as above
        "signs": SIGNS,
        "words": summary.WORDS,
        "exchange_of": evidence.exchange_of,
        "where": evidence.where,
        "curl": evidence.curl,
        "answer": partial(evidence.answer, limit=evidence.LONGEST_BODY),
    }
    return environment.get_template("report.html.jinja")


def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _code(sentence: str) -> Markup:
    """A sentence of the standard with what stands between backticks as code."""
    parts = [escape(part) for part in sentence.split("`")]
    marked = [Markup("<code>{}</code>").format(p) if n % 2 else p for n, p in enumerate(parts)]
    return Markup("").join(marked)
