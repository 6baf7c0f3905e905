"""What the suite finds, beside a general fuzzer of APIs: schemathesis, with its default checks.

Both are put to the same provider, without a defect and with each of a seeded sample of defects.
The fuzzer gets the composed OpenAPI document and a token; a defect counts as found by it where it
reports a failure that it does not report without the defect.
Run: python benchmarks/beside_schemathesis.py [--count 30] [--seed 5] [--most 60] [--write]
It needs schemathesis in the same environment: pip install --group bench
"""

import argparse
import json
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sbw_conformance.provider import Fleet, defects
from sbw_conformance.results import Outcome
from sbw_conformance.suite import Options, judge
from sbw_conformance.target import Target

RESULTS = Path(__file__).parent / "results" / "beside_schemathesis.json"
CLASSES = ["core", "contacts", "bulk"]
MOST_SECONDS = 60
"""Of a run of the fuzzer; without a bound it takes minutes."""


def fuzzed(target: Target, document: Path, most: int, seed: int) -> dict[str, Any]:
    """One run of the fuzzer, at most so many seconds: test cases, and failures by operation."""
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        str(document),
        f"--url={target.base}",
        f"--header=Authorization: Bearer {target.clients['a1'].token}",
        f"--max-time={most}",
        f"--seed={seed}",
        "--continue-on-failure",
        "--generation-database=none",
        "--no-color",
        "--report=json",
    ]
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.json"
        done = subprocess.run(
            [*command, f"--report-json-path={file}"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in {0, 1} or not file.exists():
            raise RuntimeError(f"schemathesis ended with {done.returncode}: {done.stderr[-500:]}")
        report = json.loads(file.read_text(encoding="utf-8"))
    return {
        "seconds": round(time.monotonic() - began, 1),
        "requests": report["test_cases"]["generated"],
        "failures": sorted(
            f"{failure['type']}: {operation}"
            for failure in report["failures"]
            for operation in failure["operations"]
        ),
    }


def judged(target: Target) -> dict[str, Any]:
    """One run of the suite: seconds, requests, and the requirements that are broken."""
    began = time.monotonic()
    report = judge(target, Options(preflight=False, tidy=False, evidence=False))
    bad = {r.requirement for r in report.results if r.outcome in {Outcome.FAIL, Outcome.WARN}}
    return {
        "seconds": round(time.monotonic() - began, 1),
        "requests": report.end["requests"],
        "failures": sorted(bad),
    }


def main() -> None:
    """Measure, print, and write the results where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=30, help="how many defects are drawn")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--most", type=int, default=MOST_SECONDS, help="seconds of the fuzzer")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if shutil.which("schemathesis", path=str(Path(sys.executable).parent)) is None:
        print("schemathesis is not installed here: pip install --group bench", file=sys.stderr)
        sys.exit(0)
    usable = [
        one for one in defects() if not one.expects[0].startswith("SANDBOX") and not one.parallel
    ]
    chance = random.Random(options.seed)  # noqa: S311  # no secret
    chosen = [None, *chance.sample(usable, options.count)]
    rows = []
    with tempfile.TemporaryDirectory() as folder, Fleet() as fleet:
        document = Path(folder) / "sbw.json"
        sbw = str(Path(sys.executable).with_name("sbw"))
        document.write_bytes(
            subprocess.run([sbw, "openapi"], capture_output=True, check=True).stdout
        )
        for defect in chosen:
            name = defect.id if defect else None
            row: dict[str, Any] = {"defect": name}
            for tool in ("suite", "schemathesis"):
                key = f"{name} {tool}"
                target = fleet.start(key, defect=name, classes=CLASSES)
                row[tool] = (
                    judged(target)
                    if tool == "suite"
                    else fuzzed(target, document, options.most, options.seed)
                )
                fleet.stop(key)
                new = set(row[tool]["failures"]) - set(rows[0][tool]["failures"] if rows else ())
                row[tool]["found"] = bool(rows and new)
            rows.append(row)
            print(json.dumps(row), flush=True)
    told = {
        tool: {
            "found": sum(row[tool]["found"] for row in rows[1:]),
            "of": len(rows) - 1,
            "seconds": round(sum(row[tool]["seconds"] for row in rows) / len(rows), 1),
            "requests": round(sum(row[tool]["requests"] for row in rows) / len(rows)),
            "failures_without_defect": len(rows[0][tool]["failures"]),
        }
        for tool in ("suite", "schemathesis")
    }
    print(json.dumps(told, indent=1))
    if options.write:
        content = {
            "date": datetime.now(UTC).date().isoformat(),
            "versions": {
                "python": platform.python_version(),
                "machine": platform.machine(),
                **{name: _version(name) for name in ("smallbusinessweb", "schemathesis")},
            },
            "seed": options.seed,
            "seconds_of_schemathesis": options.most,
            "summary": told,
            "runs": rows,
        }
        RESULTS.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    main()
