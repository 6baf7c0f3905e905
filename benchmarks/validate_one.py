"""What it costs to validate one document through the Python API, beside plain jsonschema.

A round takes turns in one process: our `validate` (schema and rules, everything compiled), then
jsonschema's own validator of the same bundled schema, each a number of times. Counted is the CPU
time of the process; machines vary all the same, so the median of the rounds' ratios says most.
Run: python benchmarks/validate_one.py [--rounds 30] [--times 200] [--write]
"""

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from sbw_validator import load_schemas, load_standard, validate

GOAL = 100.0  # microseconds
EXAMPLE = "examples/contact/valid/full.json"
RESULTS = Path(__file__).parent / "results" / "validate_one.json"


def microseconds(work: Callable[[Any], object], value: Any, times: int) -> float:
    """Return the CPU time of doing the work once, in the mean of as many times."""
    began = time.process_time()
    for _ in range(times):
        work(value)
    return (time.process_time() - began) / times * 1e6


def main() -> None:
    """Measure, print, and write the results where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    standard = load_standard()
    text = standard.schemas.joinpath(*EXAMPLE.split("/")).read_text(encoding="utf-8")
    value = json.loads(text)
    plain = Draft202012Validator(load_schemas(standard).bundle("contact"))
    if validate(value) or not plain.is_valid(value):
        raise SystemExit(f"{EXAMPLE} is not valid")
    rows = []
    for _ in range(options.rounds):
        ours = microseconds(validate, value, options.times)
        theirs = microseconds(plain.is_valid, value, max(1, options.times // 50))
        rows.append(
            {
                "sbw_us": round(ours, 1),
                "jsonschema_us": round(theirs, 1),
                "ratio": round(theirs / ours, 1),
            }
        )
    medians = {name: round(statistics.median(row[name] for row in rows), 1) for name in rows[0]}
    print(f"{len(text)} characters, {options.rounds} rounds, in the median:")
    print(f"sbw_validator {medians['sbw_us']} us (goal {GOAL:.0f}), with rules")
    print(f"jsonschema    {medians['jsonschema_us']} us, {medians['ratio']} times as long")
    if options.write:
        system = {"python": platform.python_version(), "machine": platform.machine()}
        names = ("smallbusinessweb", "jsonschema", "jsonschema-rs")
        content = {
            "date": datetime.now(UTC).date().isoformat(),
            "versions": {**system, **{name: version(name) for name in names}},
            "example": EXAMPLE,
            "characters": len(text),
            "times": options.times,
            "goal_us": GOAL,
            "median": medians,
            "rounds": rows,
        }
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
