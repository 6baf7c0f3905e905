"""Every report of one frozen run, beside how it looked when it was last looked at.

`python -m tests.conformance.reports.make` makes the run anew, `pytest --snapshot-update` the rest.
"""

import base64
import json
import re
import zlib
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from tests.conformance.reports.make import FROZEN, HOSTILE

from sbw_conformance.comparing import compare
from sbw_conformance.events import read_events
from sbw_conformance.reports import difference, github, html, junit, markdown, sarif, terminal
from sbw_conformance.reports import json as report_json
from sbw_conformance.results import Outcome, Report, fold
from sbw_validator.findings import printable
from sbw_validator.schemas import load_schemas
from sbw_validator.standard import load_standard


class Files(SingleFileSnapshotExtension):
    """A text file for each snapshot."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"


@pytest.fixture
def frozen(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Give what a text has to look like."""
    return snapshot.use_extension(Files)


@pytest.fixture(scope="session")
def report() -> Report:
    """Give the frozen run."""
    return fold(read_events(FROZEN))


def page(report: Report) -> str:
    """The page with its chunks inflated, as zlibs differ, and without our script and style."""
    text = html.render(report)
    text = re.sub(r"(<style>).*?(</style>)", r"\1\2", text, flags=re.DOTALL)
    text = re.sub(r"(<script>).*?(</script>)", r"\1\2", text, flags=re.DOTALL)
    text = re.sub(r"sha256-[\w+/=]+", "sha256-", text)

    def inflated(chunk: re.Match[str]) -> str:
        rows = json.loads(zlib.decompress(base64.b64decode(chunk[2])))
        return f"{chunk[1]}{json.dumps(rows, indent=1)}</script>"

    return re.sub(r'(<script type="application/octet-stream"[^>]*>)(.*?)</script>', inflated, text)


FORMS: dict[str, Callable[[Report], str]] = {
    "terminal": terminal.render,
    "html": page,
    "json": report_json.render,
    "junit": junit.render,
    "sarif": sarif.render,
    "markdown": markdown.render,
    "github": github.render,
}


@pytest.mark.parametrize("form", FORMS)
def test_a_report_looks_as_it_did(form: str, report: Report, frozen: SnapshotAssertion) -> None:
    """A change of how a report looks is a change that somebody looked at."""
    assert FORMS[form](report) == frozen


def healed(report: Report) -> Report:
    """The run as if most of what it broke had been mended, and something else had broken."""
    rows = []
    for result in report.results:
        row = result.to_json()
        if result.requirement in {"CORE-042", "CORE-006"}:
            row["outcome"] = "pass"
        elif result.requirement == "CORE-086":
            continue
        elif result.outcome is Outcome.PASS and result.requirement == "CORE-070":
            row |= {"outcome": "fail", "expected": "status 201", "got": HOSTILE}
        rows.append(row)
    value = json.loads(report_json.render(report))
    return Report.from_json({**value, "results": rows, "seed": 1})


@pytest.mark.parametrize("form", ["lines", "json", "markdown"])
def test_a_comparison_looks_as_it_did(form: str, report: Report, frozen: SnapshotAssertion) -> None:
    """What differs first, then verdicts, then what broke and what was mended."""
    comparison = compare(report, healed(report))
    shown = {
        "lines": lambda: "".join(f"{text}\n" for text, _ in difference.lines(comparison)),
        "json": lambda: difference.render_json(comparison),
        "markdown": lambda: difference.render_markdown(comparison),
    }
    assert shown[form]() == frozen


def test_the_frozen_run_has_every_kind_of_result(report: Report) -> None:
    """What the snapshots do not show, they do not guard."""
    assert {result.outcome for result in report.results} == set(Outcome)
    assert report.cleanup["kept"]
    assert report.run["attestation"]["statements"]
    assert any(result.kind == "waiver" for result in report.results)
    told = [f"{r.got} {r.reason}" for r in report.results if r.outcome in {"fail", "error"}]
    assert sum("onerror=alert(1)" in text for text in told) > 2


def test_the_frozen_run_is_in_the_published_format(report: Report) -> None:
    """It is a run.ndjson, and its report.json a report.json."""
    schemas = load_schemas(load_standard())
    assert all(schemas.tool("event-1").is_valid(event) for event in read_events(FROZEN))
    assert schemas.tool("report-1").findings(json.loads(report_json.render(report))) == []


def test_no_form_lets_anything_out(report: Report) -> None:
    """What a provider says ends no element, cell, line or annotation, and moves no cursor."""
    texts = {form: write(report) for form, write in FORMS.items()}
    for form in ("terminal", "github"):
        assert all(line == printable(line) for line in texts[form].splitlines())
    assert "<img" not in html.render(report)
    assert "<img" not in texts["markdown"]
    assert ET.fromstring(texts["junit"]).tag == "testsuites"  # noqa: S314  # our own file
    levels = {line.split()[0] for line in texts["github"].splitlines()}
    assert levels == {"::error", "::warning"}
    assert not any("::error::" in line.split("::", 2)[1] for line in texts["github"].splitlines())
    for line in texts["markdown"].splitlines():
        if line.startswith("| CORE-0"):
            assert line.count("|") in {4, 7}
