"""Make `run.ndjson` anew: a real run against a provider that breaks much and tries to break out.

Run: python -m tests.conformance.reports.make
The file is frozen: the snapshots of every report are made from it. What differs from run to run
(ports, times, ids of records) is written as something fixed.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.conformance.support import Asked, Passed, Proxy, Reply, chosen, http_answer

from sbw_conformance.attestation import Attestation
from sbw_conformance.checks import Check
from sbw_conformance.checks.trial import Trial
from sbw_conformance.events import read_events
from sbw_conformance.provider import Reference
from sbw_conformance.suite import Options, judge
from sbw_conformance.waivers import Waiver, today

FROZEN = Path(__file__).with_name("run.ndjson")
HOSTILE = (
    "</script></title><img src=x onerror=alert(1)> ]]> ::error::owned %0A `x` | **b** "
    "[l](javascript:alert(1)) @all \x1b[31mred\x07 \u202etfel\u202c\u200b"
)
PLAIN = HOSTILE.partition("\x1b")[0].strip()
ALSO = {"CORE-005", "CORE-080", "CORE-091", "C4", "SANDBOX-001"}
"""Requirements that were not judged and are shown all the same: attested, planned, excluded."""

CHECKS = (
    "core.api_catalog",
    "core.create_answers_with_the_record",
    "core.declared_limits",
    "core.deleted_record_is_gone",
    "core.reading_shows_the_last_write",
    "core.record_of_other_business",
    "core.refusals_are_problems",
    "core.stale_version_is_refused",
    "core.unknown_parameter",
    "core.update_answers_with",
    "core.update_without_version_is_refused",
)


def odd(asked: Asked, passed: Passed) -> Reply | None:
    """Break requirements, and say hostile things where a report may repeat them."""
    if asked.place == "/":
        page = passed.json
        page["app"]["name"] = f"Odd & Söhne {PLAIN}"
        passed.json = page
    elif asked.place == "/.well-known/api-catalog":
        return http_answer(404, HOSTILE, "text/plain")
    elif asked.method == "DELETE" and asked.place.startswith("/organizations"):
        return http_answer(403, json.dumps({"type": HOSTILE, "status": 403}))
    elif asked.method == "POST" and passed.status == 201 and asked.place == "/organizations":
        passed.status = 200
    elif asked.method == "PATCH" and "custom" in asked.place and passed.status == 200:
        return http_answer(500, HOSTILE, "text/html")
    elif passed.status == 400:
        wrong = {"pointer": f"/{HOSTILE}", "detail": HOSTILE}
        passed.json = {"type": HOSTILE, "status": 400, "title": HOSTILE, "errors": [wrong]}
    elif passed.status in {412, 428}:
        passed.status = 409
        passed.headers.append(("Link", f"<{PLAIN}>"))
    return None


def stumbles(trial: Trial) -> None:
    """Fail as a check with a bug does, with words of a provider in the message."""
    del trial
    raise ValueError(HOSTILE)


def events() -> Iterator[dict[str, Any]]:
    """The events of a run, but for what no report shows and most requirements not judged."""
    bug = Check("core.stumbles", "scenario", ("CORE-021",), "A check with a bug.", stumbles)
    day = today()
    waiver = Waiver(
        "CORE-041", "API team", f"to be mended <soon> {HOSTILE}", "CRM-17", day + timedelta(30)
    )
    unused = replace(waiver, requirement="CORE-001", ticket="CRM-3", reason="an old one")
    statement = {"requirement": "CORE-091", "kept": True, "how": f"for 48 hours {HOSTILE}"}
    attestation = Attestation("com.example", "Head of <Product>", day, day, (statement,))
    with Reference("--classes", "core,contacts") as provider, TemporaryDirectory() as folder:
        target = provider.target
        clients = {role: entry for role, entry in target.clients.items() if role[0] == "a"}
        with Proxy(replace(target, clients=clients), after=odd) as proxy:
            options = Options(
                folder=Path(folder),
                workers=1,
                checks=(*chosen(*CHECKS), bug),
                waivers=(waiver, unused),
                attestation=attestation,
            )
            report = judge(proxy.seen, options)
        shown = {result.exchange for result in report.results}
        judged = {result.requirement for result in report.results} | ALSO
        for event in read_events(Path(folder) / "run.ndjson"):
            wanted = event["event"] != "exchange" or event["id"] in shown
            if event["event"] == "run":
                known = [row for row in event["requirements"] if row["id"] in judged]
                yield {**event, "requirements": known}
            elif wanted and event["event"] != "assertion":
                yield dict(event)


def steady(text: str, day: date) -> str:
    """The text without what differs from run to run."""
    text = re.sub(r"http://127\.0\.0\.1:\d+", "http://127.0.0.1:8765", text)
    text = re.sub(r'("milliseconds": )[\d.]+', r"\g<1>1.5", text)
    text = re.sub(r'("(?:seconds|peak_bytes)": )[\d.]+', r"\g<1>1", text)
    text = re.sub(r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT", "Sun, 01 Nov 2026 12:00:00 GMT", text)
    text = re.sub(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?", "2026-11-01T12:00:00", text)
    text = text.replace(str(day + timedelta(30)), "2026-12-01").replace(str(day), "2026-11-01")
    ids: dict[str, str] = {}

    def known(match: re.Match[str]) -> str:
        return ids.setdefault(match[0], f"{len(ids):020x}")

    text = re.sub(r"\b[0-9a-f]{20}\b", known, text)
    return re.sub(r"\br[0-9a-f]{10}\b", "r0123456789", text)


if __name__ == "__main__":
    lines = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events())
    FROZEN.write_text(steady(lines, today()), encoding="utf-8")
