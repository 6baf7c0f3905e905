"""What a run costs: requests, seconds and peak memory, beside a bare client loop.

The loop sends as many requests of the same operations with as many threads, and looks at nothing.
The provider claims core and contacts: a batch would be one request with the work of many.
Run: python benchmarks/run_cost.py [--rounds 5] [--workers 8] [--write]
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import urllib3

from sbw_conformance.provider import Reference
from sbw_conformance.target import Target, variable

GOAL = 2.5
RESULTS = Path(__file__).parent / "results" / "run_cost.json"


def suite_run(target: Target, workers: int) -> dict[str, Any]:
    """Run `sbw test` in a process of its own, so that its memory is its own; gives its report."""
    environment = {variable(role): str(client.token) for role, client in target.clients.items()}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", "from sbw_conformance.cli import main; main()", "test"]
        arguments = [target.base, "--out", folder, "--workers", str(workers), "--json"]
        done = subprocess.run(
            [*command, *arguments],
            env={"PATH": "/usr/bin:/bin", **environment},
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
        events = (Path(folder) / "run.ndjson").read_text(encoding="utf-8").splitlines()
    found = map(json.loads, events)
    operations = Counter(e["operation"] for e in found if e["event"] == "exchange")
    return {**json.loads(done.stdout), "operations": operations}


def bare_loop(target: Target, operations: Counter[str], workers: int) -> float:
    """Send as many requests of each operation over a pool; gives seconds."""
    pool = urllib3.PoolManager(maxsize=workers, retries=False)
    path = f"{target.base}/contacts"
    body = json.dumps({"name": {"given": "Ada", "family": "Lovelace"}}).encode()
    change = json.dumps({"name": {"given": "Grace"}}).encode()
    common = {"Authorization": f"Bearer {target.clients['a1'].token}"}
    sent = {**common, "Content-Type": "application/json"}

    def create() -> str:
        answer = pool.request("POST", path, body=body, headers=sent)
        return str(json.loads(answer.data)["id"])

    known = create()

    def update() -> None:
        pool.request("PATCH", f"{path}/{known}", body=change, headers={**sent, "If-Match": "*"})

    made: list[str] = []
    work = {
        "create": lambda: made.append(create()),
        "read": lambda: pool.request("GET", f"{path}/{known}", headers=common),
        "list": lambda: pool.request("GET", f"{path}?limit=1", headers=common),
        "update": update,
        "landing": lambda: pool.request("GET", f"{target.base}/"),
        "delete": lambda: pool.request("DELETE", f"{path}/{made.pop()}", headers=common),
    }
    order = sorted(operations.elements(), key=lambda name: name == "delete")
    first = [name for name in order if name != "delete"]
    last = [name for name in order if name == "delete"][: operations["create"]]
    began = time.perf_counter()
    with ThreadPoolExecutor(workers) as threads:
        list(threads.map(lambda name: work.get(name, work["read"])(), first))
        list(threads.map(lambda name: work[name](), last))
    return time.perf_counter() - began


def main() -> None:
    """Measure, print, and write the results where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    rows = []
    with Reference("--classes", "core,contacts") as provider:
        for number in range(options.rounds):
            report = suite_run(provider.target, options.workers)
            bare = bare_loop(provider.target, report["operations"], options.workers)
            sent = report["operations"].total()
            row = {
                "requests": report["requests"],
                "suite_seconds": report["seconds"],
                "bare_seconds": round(bare * report["requests"] / sent, 2),
                "peak_mb": round(report["peak_bytes"] / 1e6),
                "verdict": report["verdict"],
            }
            row["ratio"] = round(row["suite_seconds"] / row["bare_seconds"], 2)
            rows.append(row)
            print(f"round {number + 1}: {row}")
    ratio = statistics.median(row["ratio"] for row in rows)
    print(f"median ratio {ratio} (goal {GOAL})")
    if options.write:
        system = {"python": platform.python_version(), "machine": platform.machine()}
        libraries = {name: version(name) for name in ("smallbusinessweb", "urllib3", "starlette")}
        content = {
            "date": datetime.now(UTC).date().isoformat(),
            "versions": {**system, **libraries},
            "workers": options.workers,
            "goal_ratio": GOAL,
            "median_ratio": ratio,
            "rounds": rows,
        }
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
