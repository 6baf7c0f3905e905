"""Reports of earlier runs, from what a run left: report.json, run.ndjson, or the folder."""

import json
from pathlib import Path
from typing import Any

from sbw_conformance.events import read_events
from sbw_conformance.results import Report, fold
from sbw_conformance.target import ConfigurationError
from sbw_validator.schemas import SchemaValidator, load_schemas
from sbw_validator.standard import load_standard

NAMES = ("report.json", "run.ndjson")
ADVICE = "Name a report.json or run.ndjson that `sbw test` wrote, or the folder with them."


def read_report(path: Path) -> Report:
    """The report of a run; ConfigurationError where there is none, or none that can be read."""
    file = _file(path)
    try:
        if file.suffix == ".ndjson":
            return fold(_events(file))
        value = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}.", ADVICE) from None
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{file} holds no report: {error}.", ADVICE) from None
    _must_fit(file, "report-1", value)
    return Report.from_json(value)


def _file(path: Path) -> Path:
    if not path.is_dir():
        return path
    for name in NAMES:
        if (path / name).is_file():
            return path / name
    raise ConfigurationError(f"{path} holds no report.", ADVICE)


def _events(file: Path) -> list[Any]:
    events = list(read_events(file))
    fits = _validator("event-1")
    for number, event in enumerate(events, 1):
        if not fits.is_valid(event):
            _must_fit(file, "event-1", event, f", line {number}")
    return events


def _must_fit(file: Path, name: str, value: Any, place: str = "") -> None:
    findings = _validator(name).findings(value)
    if findings:
        first = findings[0]
        raise ConfigurationError(
            f"{file}{place} is not in the format {name}: {first.pointer or 'the whole'}: "
            f"expected {first.expected}, got {first.got}.",
            f"Was it written by another version? {ADVICE}",
        )


def _validator(name: str) -> SchemaValidator:
    return load_schemas(load_standard()).tool(name)
