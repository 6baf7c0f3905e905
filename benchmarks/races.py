"""How surely races are seen: each seeded race, put to its own checks run after run.

A run is one whole judgement of a provider with fresh records, each race run once as in `sbw test`.
The races have windows of at most 2 ms. Printed is how many runs end with the requirement broken,
and what share of all runs that shows with 95 % confidence (Clopper and Pearson, one-sided).
A provider without a defect is put to all of these checks as often: nothing is to be found.
Whatever else the machine does keeps requests from meeting, so its load is written down, too.
Run: python benchmarks/races.py [--runs 300] [--postgres URL] [--write]
"""

import argparse
import json
import math
import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sbw_conformance.checks import Check, catalog
from sbw_conformance.provider import Defect, Fleet, defects
from sbw_conformance.results import Outcome, Report, Verdict
from sbw_conformance.suite import Options, judge
from sbw_conformance.target import Target

CONFIDENCE = 0.95
DOOR = "core.landing_page_is_served_to_anyone"
RESULTS = Path(__file__).parent / "results" / "races.json"


def at_least(seen: int, runs: int) -> float:
    """The share of runs that shows the race, at least, where it was seen in so many of these."""
    if seen == 0:
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(60):
        share = (low + high) / 2
        chance = sum(
            math.comb(runs, count) * share**count * (1 - share) ** (runs - count)
            for count in range(seen, runs + 1)
        )
        low, high = (share, high) if chance < 1 - CONFIDENCE else (low, share)
    return low


def at_most(seen: int, runs: int) -> float:
    """The share of runs that has a false alarm, at most, where so many of these had one."""
    return 1 - at_least(runs - seen, runs)


def judged(target: Target, checks: Iterable[Check]) -> Report:
    """One run of some checks, with records of its own."""
    options = Options(workers=1, checks=tuple(checks), preflight=False, tidy=False, evidence=False)
    return judge(target, options)


def races(requirement: str | None = None) -> tuple[Check, ...]:
    """The checks in which requests race, all or those of a requirement, and the one before all."""
    return tuple(
        check
        for check in catalog()
        if check.id == DOOR
        or (check.once and check.alone and requirement in {None, *check.requirements})
    )


def caught(fleet: Fleet, defect: Defect, runs: int) -> dict[str, Any]:
    """How often a race is seen by its own checks."""
    own, wanted = defect.expects[0], races(defect.expects[0])
    target, seen = fleet.start(defect.id, defect=defect.id), 0
    for _ in range(runs):
        results = judged(target, wanted).results
        seen += any(r.requirement == own and r.outcome is Outcome.FAIL for r in results)
    fleet.stop(defect.id)
    return {
        "defect": defect.id,
        "requirement": own,
        "checks": [check.id for check in wanted if check.id != DOOR],
        "runs": runs,
        "caught": seen,
        "at_least": round(at_least(seen, runs), 4),
    }


def alarms(fleet: Fleet, name: str, database: str | None, runs: int) -> dict[str, Any]:
    """How often a provider without a defect is blamed."""
    target = fleet.start(name, db=database)
    verdicts = [judged(target, races()).verdict for _ in range(runs)]
    fleet.stop(name)
    seen = sum(verdict is not Verdict.CONFORMANT for verdict in verdicts)
    return {
        "database": name,
        "runs": runs,
        "alarms": seen,
        "at_most": round(at_most(seen, runs), 4),
    }


def main() -> None:
    """Measure, print, and write the results where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--postgres", metavar="URL", help="an empty database of a server that runs")
    parser.add_argument("--defect", help="only this race")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    kills, blamed = [], []
    with Fleet() as fleet:
        for defect in defects():
            if defect.parallel and options.defect in {None, defect.id}:
                kills.append(caught(fleet, defect, options.runs))
                print(
                    "{defect:30} {requirement:9} caught {caught} of {runs}, at least "
                    "{at_least:.2%}".format(**kills[-1]),
                    flush=True,
                )
        databases = {"sqlite": None} | (
            {"postgresql": options.postgres} if options.postgres else {}
        )
        for name, database in databases.items():
            blamed.append(alarms(fleet, name, database, options.runs))
            print(
                "{database}: {alarms} false alarms in {runs} runs, at most {at_most:.2%}".format(
                    **blamed[-1]
                )
            )
    if options.write:
        libraries = {name: version(name) for name in ("smallbusinessweb", "urllib3", "starlette")}
        content = {
            "date": datetime.now(UTC).date().isoformat(),
            "versions": {
                "python": platform.python_version(),
                "machine": platform.machine(),
                **libraries,
            },
            "load_average": round(os.getloadavg()[2], 1),
            "confidence": CONFIDENCE,
            "races": kills,
            "without_a_defect": blamed,
        }
        RESULTS.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
