"""The published formats of report.json and run.ndjson hold for what real runs write."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.conftest import WholeRun
from tests.conformance.support import (
    Providers,
    Proxy,
    behind_landing,
    http_answer,
    refuses_deletion,
    run,
    same,
    with_tokens,
)

from sbw_conformance.events import read_events
from sbw_conformance.reports import write_all
from sbw_conformance.results import Verdict
from sbw_validator.schemas import SchemaValidator, load_schemas
from sbw_validator.standard import load_standard

ROOT = Path(__file__).parents[2]
BASE = "https://w3id.org/small-business-web/tools/"


def format_of(name: str) -> SchemaValidator:
    """The compiled schema of a published format."""
    return load_schemas(load_standard()).tool(name)


def written(name: str) -> dict[str, Any]:
    """The file of a published format."""
    found: dict[str, Any] = json.loads((ROOT / "schemas" / "tools" / f"{name}.json").read_text())
    return found


def misfits(folder: Path) -> list[str]:
    """What does not fit its format in the files of a run."""
    report = json.loads((folder / "report.json").read_text())
    found = [f"report {f.pointer} {f.expected}" for f in format_of("report-1").findings(report)]
    for event in read_events(folder / "run.ndjson"):
        wrong = format_of("event-1").findings(event)
        found += [f"{event['event']} {f.pointer} {f.expected}, {f.got}" for f in wrong]
    return found


def test_a_whole_run_fits(whole_run: WholeRun) -> None:
    """Every line of run.ndjson and the report of a conformant run fit their formats."""
    assert misfits(whole_run.folder) == []
    kinds = {event["event"] for event in read_events(whole_run.folder / "run.ndjson")}
    assert kinds == {"run", "check", "exchange", "assertion", "result", "cleanup", "end"}


@pytest.mark.parametrize(
    "server",
    [
        pytest.param(same(200, "{}"), id="without landing page"),
        pytest.param(behind_landing(lambda _: http_answer(200, "{}")), id="empty objects"),
        pytest.param(behind_landing(lambda _: http_answer(200, b"x" * 70_000)), id="long bodies"),
        pytest.param(behind_landing(lambda _: b""), id="no answers"),
    ],
)
def test_runs_against_odd_providers_fit(server: Any, tmp_path: Path) -> None:
    """Failures, what could not run, cut bodies and missing answers have their place too."""
    with server:
        report = run(with_tokens(server.url), folder=tmp_path)
    write_all(report, tmp_path)
    assert misfits(tmp_path) == []


def test_an_incomplete_run_that_left_records_behind_fits(
    provider: Providers, tmp_path: Path
) -> None:
    """Neither a second app and business nor deletion: what is missing and what is left fit."""
    target = provider()
    alone = replace(target, clients={"a1": target.clients["a1"]})
    with Proxy(alone, refuses_deletion) as proxy:
        report = run(proxy.seen, "core.create_answers", "core.record_of", folder=tmp_path)
    write_all(report, tmp_path)
    assert report.verdict is Verdict.INCOMPLETE
    assert report.cleanup["kept"]
    assert misfits(tmp_path) == []


def test_a_run_with_narrower_tokens_of_every_client_fits(
    provider: Providers, tmp_path: Path
) -> None:
    """Whatever tokens a run was given, report and events name their clients in the format."""
    target = provider()
    assert {"a1.read_only", "a2.business_only", "b1.read_only"} <= target.clients.keys()
    report = run(target, "core.scope_", folder=tmp_path)
    write_all(report, tmp_path)
    assert report.verdict is Verdict.CONFORMANT
    assert misfits(tmp_path) == []


def objects(schema: Any, pointer: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every part of a schema that speaks of members."""
    if isinstance(schema, dict):
        if "properties" in schema:
            yield pointer, schema
        for name, value in schema.items():
            yield from objects(value, f"{pointer}/{name}")
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            yield from objects(value, f"{pointer}/{index}")


@pytest.mark.parametrize("name", ["config-1", "event-1", "report-1"])
def test_formats_are_closed_and_named(name: str) -> None:
    """A format has its own address, and its objects take no member that it does not know."""
    schema = written(name)
    assert schema["$id"] == f"{BASE}{name}.json"
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    open_on_purpose = {"/$defs/app"}  # it is the vendor's own, as the landing page shows it
    if name == "event-1":
        open_on_purpose.add("")  # each kind of event is closed by its own definition
    found = {place for place, part in objects(schema) if part.get("additionalProperties", True)}
    assert {place for place in found if not place.endswith(("/if", "/then"))} <= open_on_purpose


def test_the_two_formats_say_the_same_of_what_both_hold() -> None:
    """A result or an exchange is described alike in the stream and in the report."""
    event, report = written("event-1")["$defs"], written("report-1")["$defs"]
    shared = (event.keys() & report.keys()) - {"requirement"}
    assert {name: event[name] for name in shared} == {name: report[name] for name in shared}
    assert {"outcome", "kind", "headers", "body"} <= shared
    for name in ("result", "check", "cleanup", "exchange"):
        own = dict(event[f"{name}_event"]["properties"])
        for added in {"event", "id"} - report[name]["properties"].keys():
            own.pop(added, None)
        assert own == report[name]["properties"]


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/verdict", "FINE"),
        ("/exit_code", 7),
        ("/results/0/outcome", "skipped"),
        ("/results/0/assertions", 0),
        ("/results/0/scored", "yes"),
        ("/scored_set", "none"),
        ("/started_at", "yesterday"),
        ("/unknown", True),
    ],
)
def test_a_report_that_says_something_else_is_refused(
    whole_run: WholeRun, pointer: str, value: Any
) -> None:
    """A pass that asserts nothing, an unknown outcome or member do not fit."""
    report = json.loads((whole_run.folder / "report.json").read_text())
    *path, last = pointer.split("/")[1:]
    spot = report
    for part in path:
        spot = spot[int(part)] if isinstance(spot, list) else spot[part]
    spot[last] = value
    assert not format_of("report-1").is_valid(report)
