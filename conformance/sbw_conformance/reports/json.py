"""report.json: the whole run for machines, in the format `schemas/tools/report-1.json`."""

import json
from typing import Any

from sbw_conformance.reports import summary
from sbw_conformance.results import END_MEMBERS, RUN_MEMBERS, Outcome, Report


def value(report: Report) -> dict[str, Any]:
    """The report as a JSON object; `exchanges` holds what the results point at."""
    run, end = report.run, report.end
    shown = {r.exchange for r in report.results if r.exchange}
    outcomes, counted = summary.outcomes(report), summary.counts(report)
    return {
        "format": "report-1",
        **{name: run[name] for name in RUN_MEMBERS},
        **{name: end[name] for name in END_MEMBERS if name in end},
        "counts": {outcome.value: counted.get(outcome, 0) for outcome in Outcome},
        "requirements": [
            {**entry, "outcome": str(outcomes.get(entry["id"], entry["kind"]))}
            for entry in run["requirements"]
        ],
        "results": [result.to_json() for result in report.results],
        "checks": [
            {name: value for name, value in entry.items() if name != "event"}
            for _, entry in sorted(report.checks.items())
        ],
        "exchanges": {
            name: {key: value for key, value in entry.items() if key not in {"event", "id"}}
            for name, entry in sorted(report.exchanges.items())
            if name in shown
        },
        "cleanup": {name: value for name, value in report.cleanup.items() if name != "event"},
    }


def render(report: Report) -> str:
    """The file as text."""
    return json.dumps(value(report), ensure_ascii=False, indent=1) + "\n"
