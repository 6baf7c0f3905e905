"""How long report.html takes until it can be used, opened from disk with 5,000 results.

A real run against the reference provider is multiplied until it has as many results, each with
its evidence. The page is usable when its filter and links work; counted from the navigation on,
in a Chromium with nothing in its cache.
Run: python benchmarks/report_html.py [--rounds 5] [--results 5000] [--write]
"""

import argparse
import json
import platform
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from sbw_conformance.provider import Reference
from sbw_conformance.reports import html
from sbw_conformance.results import Report, Result
from sbw_conformance.suite import Options, judge

GOAL_SECONDS = 1.0
GOAL_MB = 12.0
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
RESULTS = Path(__file__).parent / "results" / "report_html.json"


def multiplied(report: Report, number: int) -> Report:
    """A report with so many results: those of a real one again and again, evidence included.

    Each round has other requirements, so that the table grows too, and other exchanges.
    """
    requirements: list[dict[str, Any]] = []
    results: list[Result] = []
    exchanges: dict[str, dict[str, Any]] = {}
    turn = 0
    while len(results) < number:
        requirements += (
            {**row, "id": _again(row["id"], turn)} for row in report.run["requirements"]
        )
        for result in _some(report, number - len(results)):
            shown = result.exchange and f"{result.exchange}.{turn}"
            if shown and result.exchange in report.exchanges:
                exchanges[shown] = {**report.exchanges[result.exchange], "id": shown}
            name = _again(result.requirement, turn)
            results.append(replace(result, requirement=name, exchange=shown))
        turn += 1
    results.sort(key=lambda result: result.key)
    return replace(
        report,
        run={**report.run, "requirements": requirements},
        results=tuple(results),
        exchanges=exchanges,
    )


def _again(requirement: str, turn: int) -> str:
    name, _, number = requirement.partition("-")
    return f"{name}{turn or ''}-{number}" if number else f"{name}X{turn}"


def _some(report: Report, most: int) -> Iterator[Result]:
    yield from report.results[:most]


def seconds_until_usable(browser: Browser, page_file: Path) -> float:
    """Seconds from the navigation until the page's script has done its work."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    began = time.perf_counter()
    page.goto(page_file.as_uri(), wait_until="commit")
    page.wait_for_selector("html[data-ready]", state="attached")
    taken = time.perf_counter() - began
    context.close()
    return taken


def main() -> None:
    """Measure, print, and write the results where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--results", type=int, default=5000)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if not Path(CHROMIUM).exists():
        print(f"not measured: there is no {CHROMIUM}; on Debian: apt-get install chromium")
        return
    with Reference() as provider:
        report = multiplied(judge(provider.target, Options()), options.results)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "report.html"
        began = time.perf_counter()
        file.write_text(html.render(report), encoding="utf-8")
        rendered = time.perf_counter() - began
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        chromium = browser.version
        rounds = [round(seconds_until_usable(browser, file), 3) for _ in range(options.rounds)]
        browser.close()
        megabytes = round(file.stat().st_size / 1e6, 2)
    median = statistics.median(rounds)
    bodies = sum(len(json.dumps(exchange)) for exchange in report.exchanges.values()) / 1e6
    print(f"{len(report.results)} results, {len(report.exchanges)} exchanges of {bodies:.1f} MB")
    print(f"{megabytes} MB (at most {GOAL_MB:.0f}), written in {rendered:.1f} s")
    print(f"usable after {median} s in the median of {rounds} (goal {GOAL_SECONDS} s)")
    if options.write:
        system = {"python": platform.python_version(), "machine": platform.machine()}
        names = ("smallbusinessweb", "playwright")
        content = {
            "date": datetime.now(UTC).date().isoformat(),
            "versions": {**system, "chromium": chromium, **{n: version(n) for n in names}},
            "results": len(report.results),
            "exchanges": len(report.exchanges),
            "evidence_mb": round(bodies, 1),
            "megabytes": megabytes,
            "goal_megabytes": GOAL_MB,
            "seconds_to_write": round(rendered, 2),
            "goal_seconds": GOAL_SECONDS,
            "median_seconds": median,
            "rounds": rounds,
        }
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
