"""How many mechanical mutants of the reference provider the suite finds.

Each is one small change that nobody chose, drawn with a seed. What is not found has a reason in
sbw_conformance/measuring/equivalent_mutants.yaml: it is no other provider to anyone who asks it,
or, where `equivalent` is false, one that is not worth a check. Whether a run reaches its line at
all is measured once. Exits with 1 where fewer than GOAL are found of those that are other
providers, where a mutant that is not found has no reason, and where a reason is stale.
Run: python benchmarks/mutants.py [--seed 5] [--count 210] [--lanes 2] [--again] [--write]
With --again what the last results say a check found is not put to the suite a second time.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from coverage import Coverage

from sbw_conformance.measuring.equivalents import Key, Tally, reasons, stale
from sbw_conformance.measuring.mutants import (
    EXCLUDED,
    PACKAGE,
    SETTINGS,
    START_SECONDS,
    End,
    Measure,
    alive,
    by_kind,
    drawn,
    sources,
)
from sbw_conformance.measuring.processes import Process
from sbw_conformance.provider import target_of
from sbw_conformance.suite import Options, judge

GOAL = 0.85
HERE = Path(__file__).parent
RESULTS = HERE / "results" / "mutants.json"


def unreached() -> dict[str, set[int]]:
    """The lines of each module that the suite never runs, whatever is declared."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "coverage"
        own = [f"--rcfile={os.devnull}", f"--data-file={file}", f"--source={PACKAGE}"]
        arguments = ["run", *own, "-m", PACKAGE]
        with Process([sys.executable, "-m", "coverage", *arguments], folder) as process:
            for setting in SETTINGS:
                ready = process.ask({"name": str(setting), **setting}, START_SECONDS)
                judge(target_of(ready), Options(preflight=False, tidy=False, evidence=False))
            process.rest()
        coverage = Coverage(data_file=file, config_file=False)
        coverage.load()
        if not coverage.get_data().measured_files():
            raise RuntimeError("coverage has measured nothing")
        found = {}
        for module in sources():
            spec = find_spec(module)
            if spec is not None and spec.origin is not None:
                _, statements, _, missing, _ = coverage.analysis2(spec.origin)
                starts = sorted(statements)
                ends = [*starts[1:], sys.maxsize]
                found[module] = {
                    row
                    for start, end in zip(starts, ends, strict=True)
                    if start in missing
                    for row in range(start, min(end, start + 50))
                }
        return found


def shown(end: End) -> str:
    """A mutant and its end in one line."""
    mutant = end.mutant
    place = f"{mutant.module.removeprefix(f'{PACKAGE}.')}:{mutant.row}"
    by = f" ({end.by[0][0]})" if end.by else ""
    return f"{end.kind:11} {end.seconds:5.1f} s  {place} {mutant.operator}: {mutant.change}{by}"


def results(options: argparse.Namespace, tally: Tally) -> dict[str, Any]:
    """What is written down of a measure."""
    ends, killed = tally.ends, tally.killed
    operators: dict[str, Counter[str]] = {}
    for end in ends:
        operators.setdefault(end.mutant.operator, Counter())[end.kind] += 1
    dark = unreached() if killed < len(ends) else {}
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "versions": {
            "python": platform.python_version(),
            "machine": platform.machine(),
            "smallbusinessweb": version("smallbusinessweb"),
        },
        "seed": options.seed,
        "goal_share": GOAL,
        "mutants": len(ends),
        "equivalent": tally.equivalent,
        "killed": killed,
        "killed_share": round(tally.share, 3),
        "killed_share_with_equivalents": round(killed / len(ends), 3),
        "kinds": by_kind(ends),
        "operators": {name: dict(sorted(operators[name].items())) for name in sorted(operators)},
        "excluded": EXCLUDED,
        "survivors": [
            {
                **end.to_json(),
                "reached": end.mutant.row not in dark.get(end.mutant.module, ()),
                "equivalent": tally.is_equivalent(end),
                "because": tally.known.get(end.mutant.key, {}).get("because"),
            }
            for end in alive(ends)
        ],
        "found": [end.to_json() for end in ends if end.killed],
    }


def measured(options: argparse.Namespace, texts: Mapping[str, str]) -> tuple[End, ...]:
    """What became of each mutant drawn; `again` takes over what a check found the last time."""
    every = drawn(options.count, options.seed)
    ends: dict[Key, End] = {}
    if options.again:
        there = {mutant.key: mutant for mutant in every}
        for row in json.loads(RESULTS.read_text(encoding="utf-8"))["found"]:
            key = (row["module"], row["line"], row["change"], row["times"])
            if key in there and row["kind"] in {"failed", "warned"}:
                by = tuple((check, requirement) for check, requirement in row["by"])
                ends[key] = End(there[key], row["kind"], by, row["setting"], row["seconds"])
    measure = Measure(texts, lanes=options.lanes, listen=lambda end: print(shown(end), flush=True))
    new = measure.run(mutant for mutant in every if mutant.key not in ends)
    ends |= {end.mutant.key: end for end in new}
    return tuple(ends[mutant.key] for mutant in every)


def main() -> None:
    """Measure, print, and write the results where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--count", type=int, default=210)
    parser.add_argument("--lanes", type=int, default=2)
    parser.add_argument("--again", action="store_true", help="only those not found the last time")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    texts, known = sources(), reasons()
    ends = measured(options, texts)
    tally = Tally(ends, known)
    content = results(options, tally)
    print(json.dumps(content["kinds"]))
    for row in content["survivors"]:
        reached = "" if row["reached"] else " [never reached]"
        print(f"{row['kind']}: {row['module']}:{row['row']}{reached} {row['change']}")
        print(f"    {row['because'] or 'no reason: it needs a check, or a reason'}")
    wrong = stale(known, texts, ends)
    for line in wrong:
        print(f"stale reason: {line}")
    print(
        f"{content['killed']} of {len(ends)} mutants found, seed {options.seed}; "
        f"{content['equivalent']} are no other provider, {tally.share:.1%} of the rest are found "
        f"(goal {GOAL:.0%}); {len(tally.unexplained)} of those that are not have no reason"
    )
    if options.write:
        RESULTS.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    sys.exit(1 if tally.share < GOAL or tally.unexplained or wrong else 0)


if __name__ == "__main__":
    main()
