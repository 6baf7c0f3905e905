"""How good the suite is: `sbw selftest --full` in parts, added up to its last line.

All parts together take hours on two cores. Each is kept in a folder when it is done, and what is
there is not measured again; a part that another version measured has to be taken away first.
Run: python benchmarks/selftest.py [--folder .nox/selftest] [--parts 8] [--lanes 4] [--write]
"""

import argparse
import functools
import json
import operator
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sbw_conformance.measuring.whole import Figures

RESULTS = Path(__file__).parent / "results" / "selftest.json"
FOLDER = Path(__file__).parents[1] / ".nox" / "selftest"
SBW = Path(sys.executable).with_name("sbw")


def part(number: int, options: argparse.Namespace) -> dict[str, Any]:
    """One part, measured unless it is there already."""
    file: Path = options.folder / f"part-{number}-of-{options.parts}.json"
    if not file.exists():
        began = time.monotonic()
        shard = [f"--shard={number}/{options.parts}", f"--lanes={options.lanes}"]
        done = subprocess.run(
            [SBW, "selftest", "--full", *shard, "--json"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in {0, 1}:
            raise RuntimeError(f"part {number} ended with {done.returncode}: {done.stderr[-500:]}")
        value = {**json.loads(done.stdout), "took_seconds": round(time.monotonic() - began)}
        file.write_text(json.dumps(value), encoding="utf-8")
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    print(f"part {number}: {found['full']['line']}", flush=True)
    return found


def results(parts: list[dict[str, Any]], figures: Figures, options: argparse.Namespace) -> str:
    """What is written down: one line a defect, the figures in front."""
    alone = {row["defect"]: row for one in parts for row in one["full"]["programs"]}
    rows = sorted((row for one in parts for row in one["defects"]), key=lambda row: row["defect"])
    head = {
        "date": datetime.now(UTC).date().isoformat(),
        "versions": {
            "python": platform.python_version(),
            "smallbusinessweb": version("smallbusinessweb"),
        },
        "cores": os.cpu_count(),
        "lanes": options.lanes,
        "seconds": sum(one["took_seconds"] for one in parts),
        "ok": figures.ok,
        "line": figures.line,
        "figures": figures.to_json(),
        "variants": [row for one in parts for row in one["full"]["variants"]],
        "vacuous": [row for one in parts for row in one["full"]["vacuous"]],
    }
    lines = [
        json.dumps(
            {
                "defect": row["defect"],
                "expects": row["expects"],
                "failed": row["failed"],
                "by": sorted({check for check, _ in row["by"]}),
                "programs": alone[row["defect"]]["failed"],
                **({"complaints": row["complaints"]} if row["complaints"] else {}),
            }
        )
        for row in rows
    ]
    text = json.dumps(head, indent=1).removesuffix("\n}")
    return f'{text},\n "defects": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n"


def main() -> None:
    """Measure what is missing, print, and write the results where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where parts are kept")
    parser.add_argument("--parts", type=int, default=8)
    parser.add_argument("--lanes", type=int, default=4)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    parts = [part(number, options) for number in range(1, options.parts + 1)]
    found = [Figures.from_json(one["full"]["figures"]) for one in parts]
    figures = functools.reduce(operator.add, found)
    if options.write:
        RESULTS.write_text(results(parts, figures, options), encoding="utf-8")
    for fault in figures.faults:
        print(fault)
    print(figures.line)
    sys.exit(0 if figures.ok else 1)


if __name__ == "__main__":
    main()
