"""What the suite says of servers that do nothing: the outcome of each requirement for each of them.

A server that answers everything alike keeps no promise, and a pass that it gets anyway is vacuous,
unless there is a reason. All outcomes and reasons stand in results/null_providers.json; without
--write they are held against what is found now.
Run: python benchmarks/null_providers.py [--write] [NULL ...]
"""

import argparse
import json
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sbw_conformance.measuring.nulls import NULLS, Null, judged, justified, outcomes, vacuous
from sbw_conformance.results import Report

RESULTS = Path(__file__).parent / "results" / "null_providers.json"


def row(null: Null, report: Report) -> dict[str, Any]:
    """Return what is kept of a null provider: verdict, and the requirements of each outcome."""
    found = outcomes(report)
    kept = justified(null)
    return {
        "answers": null.title,
        "landing_page": "claims everything" if null.claims else "none",
        "verdict": report.verdict.value,
        "outcomes": {
            kind: [name for name, outcome in found.items() if outcome == kind]
            for kind in sorted({str(outcome) for outcome in found.values()})
        },
        "kept": {
            name: kept[name]
            for name, outcome in found.items()
            if name in kept and outcome == "pass"
        },
        "vacuous": vacuous(null, report),
    }


def table(nulls: Sequence[Null]) -> dict[str, dict[str, Any]]:
    """Return a row for each null provider, said aloud as they come."""
    rows = {}
    for null in nulls:
        report = judged(null)
        rows[null.id] = row(null, report)
        counted = {kind: len(names) for kind, names in rows[null.id]["outcomes"].items()}
        print(f"{null.id:28} {report.verdict.value:15} {counted}")
    return rows


def recorded() -> dict[str, dict[str, Any]]:
    """Return the rows that are committed."""
    found: dict[str, dict[str, Any]] = json.loads(RESULTS.read_text(encoding="utf-8"))["nulls"]
    return found


def main() -> None:
    """Judge, print, and write the results where asked to, or hold them against those."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("nulls", nargs="*", metavar="NULL", choices=[[], *(n.id for n in NULLS)])
    options = parser.parse_args()
    rows = table([null for null in NULLS if not options.nulls or null.id in options.nulls])
    empty = {name: row["vacuous"] for name, row in rows.items() if row["vacuous"]}
    print(f"vacuous passes: {sum(map(len, empty.values()))}")
    if options.write:
        said = {
            "date": datetime.now(UTC).date().isoformat(),
            "python": platform.python_version(),
            "suite": version("smallbusinessweb"),
            "vacuous_passes": sum(map(len, empty.values())),
            "nulls": rows if not options.nulls else {**recorded(), **rows},
        }
        text = json.dumps(said, indent=1, ensure_ascii=False)
        RESULTS.write_text(f"{text}\n", encoding="utf-8")
    before = recorded()
    moved = [name for name, row in rows.items() if before.get(name) != row]
    if empty or moved:
        sys.exit(f"vacuous: {empty or 'none'}; not as in {RESULTS.name}: {moved or 'none'}")


if __name__ == "__main__":
    main()
