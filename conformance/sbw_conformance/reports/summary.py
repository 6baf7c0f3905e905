"""What a run comes to, in words that every report uses: headline, counts, notes, attestation."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sbw_conformance.results import Outcome, Report, Verdict, worst

WORDS: Mapping[str, str] = {
    Outcome.PASS: "kept",
    Outcome.FAIL: "broken",
    Outcome.WARN: "advice not followed",
    Outcome.COULD_NOT_RUN: "could not be judged",
    Outcome.ERROR: "stopped by an error of the suite",
    Outcome.WAIVED: "waived",
    Outcome.NOT_CLAIMED: "not claimed",
    "checked": "not looked at",
    "attested": "for an attestation",
    "planned": "no check yet",
    "excluded": "judged by nobody",
}
"""How an outcome, or the kind of a requirement without one, is called."""


@dataclass(frozen=True)
class Promise:
    """A requirement that no program can decide, and what the vendor says of it.

    `state` is `kept`, `not kept`, `expired` or `not attested`; `how` is the vendor's own word.
    """

    requirement: str
    sentence: str
    state: str
    how: str = ""


def provider(report: Report) -> str:
    """Name and id of the app, as its landing page says them."""
    app = report.end.get("app") or {}
    return f"{app['name']} ({app['id']})" if {"name", "id"} <= app.keys() else "unknown app"


def classes(report: Report) -> str:
    """Version of the standard and the classes that are claimed."""
    return f"SBW {report.run['standard']}, classes {', '.join(report.end['classes']) or 'none'}"


def outcomes(report: Report) -> Mapping[str, Outcome]:
    """How each requirement that there are results of came out over all of them."""
    together: dict[str, set[Outcome]] = {}
    for result in report.results:
        together.setdefault(result.requirement, set()).add(result.outcome)
    return {name: worst(found) for name, found in together.items()}


def counts(report: Report) -> Mapping[Outcome, int]:
    """How many requirements came out how, without outcomes that do not occur."""
    found = Counter(outcomes(report).values())
    return {outcome: found[outcome] for outcome in Outcome if found[outcome]}


def numbered(number: int, noun: str) -> str:
    """A number and a noun that agrees with it."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def headline(report: Report) -> str:
    """One sentence for somebody who reads no further."""
    count = Counter(outcomes(report).values())
    match report.verdict:
        case Verdict.CONFORMANT:
            waived = count[Outcome.WAIVED]
            but = f", but for {numbered(waived, 'requirement')} waived" if waived else ""
            said = f"The provider keeps all that was judged{but}."
        case Verdict.NOT_CONFORMANT:
            broken = count[Outcome.FAIL]
            said = f"{numbered(broken, 'requirement')} {'is' if broken == 1 else 'are'} broken."
        case Verdict.ERROR:
            said = f"The suite itself failed at {numbered(count[Outcome.ERROR], 'requirement')}."
        case Verdict.INTERRUPTED:
            said = "The run was interrupted; this is what it saw until then."
        case Verdict.INCOMPLETE:
            said = _incomplete(count)
    return said


def _incomplete(count: Mapping[Outcome, int]) -> str:
    if unjudged := count[Outcome.COULD_NOT_RUN]:
        return f"Nothing is broken, but {numbered(unjudged, 'requirement')} could not be judged."
    if count[Outcome.PASS]:
        return "Nothing is broken, but only a part of what is claimed was judged."
    return "Nothing could be judged."


def notes(report: Report) -> Iterator[str]:
    """What else has to be known to read the verdict, a sentence each."""
    if (why := report.end.get("ended_early")) is not None:
        yield f"The run ended early. {why}"
    selection = report.run.get("selection") or {}
    if selection.get("read_only"):
        yield "Only what needs no write was judged (--read-only)."
    if selection.get("classes") is not None:
        yield f"Only these classes were judged: {', '.join(selection['classes'])}."
    if selection.get("rerun"):
        yield "Only what had not passed before was judged (--rerun)."
    if report.end["settled_seconds"]:
        yield f"Lists lagged behind writes by up to {report.end['settled_seconds']} s."
    if away := report.end.get("away"):
        times = numbered(away["times"], "time")
        yield f"The provider was away {times}, {away['seconds']} s in all, and was waited for."


def promises(report: Report) -> tuple[Promise, ...]:
    """The requirements of the claimed classes that are attested or ought to be."""
    attestation = report.run.get("attestation") or {}
    stated = {row["requirement"]: row for row in attestation.get("statements", ())}
    claimed = set(report.end["classes"])
    found = []
    for name, entry in report.requirements.items():
        if entry["kind"] != "attested" or (claimed and entry["class"] not in claimed):
            continue
        found.append(_promise(name, entry["sentence"], stated.get(name), attestation))
    return tuple(found)


def _promise(
    name: str, sentence: str, said: Mapping[str, Any] | None, attestation: Mapping[str, Any]
) -> Promise:
    if said is None:
        return Promise(name, sentence, "not attested")
    state = "kept" if said["kept"] else "not kept"
    if said["kept"] and attestation.get("expired"):
        state = "expired"
    return Promise(name, sentence, state, str(said.get("how") or ""))


def attested_by(report: Report) -> str | None:
    """Who signed the attestation and until when it holds; None without one."""
    attestation = report.run.get("attestation")
    if not attestation:
        return None
    verb = "expired on" if attestation.get("expired") else "holds until"
    return (
        f"signed by {attestation['signed_by']} on {attestation['signed_at']}, "
        f"{verb} {attestation['expires']}"
    )
