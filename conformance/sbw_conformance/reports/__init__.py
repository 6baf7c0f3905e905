"""Reports: each a function from a folded run to text, written from the event stream alone."""

from collections.abc import Callable, Mapping
from pathlib import Path

from sbw_conformance.results import Report

Writer = Callable[[Report], str]


def writers() -> Mapping[str, Writer]:
    """What is written after a run: file name -> function."""
    from sbw_conformance.reports import html, junit, markdown, sarif
    from sbw_conformance.reports import json as report_json

    return {
        "report.json": report_json.render,
        "report.html": html.render,
        "junit.xml": junit.render,
        "report.sarif": sarif.render,
        "summary.md": markdown.render,
    }


def write_all(report: Report, folder: Path) -> list[Path]:
    """Write every report into a folder and say where they are."""
    written = []
    for name, render in writers().items():
        path = folder / name
        path.write_text(render(report), encoding="utf-8")
        written.append(path)
    return written
