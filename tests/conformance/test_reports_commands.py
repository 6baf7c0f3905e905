"""`sbw report` and `sbw diff`: earlier runs rendered again and held against each other."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from tests.conformance.reports.make import FROZEN

from sbw_conformance.cli import main
from sbw_conformance.comparing import Kind, compare
from sbw_conformance.events import read_events
from sbw_conformance.reports import github, terminal, writers
from sbw_conformance.reports import json as report_json
from sbw_conformance.results import Outcome, Report, Result, fold


@pytest.fixture(scope="session")
def report() -> Report:
    """Give the frozen run."""
    return fold(read_events(FROZEN))


Called = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Called:
    """Give a function that calls the command in this process: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)

    def called(*arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as caught:
            main([str(argument) for argument in arguments])
        done = capsys.readouterr()
        return int(caught.value.code or 0), done.out, done.err

    return called


def test_without_options_the_summary_is_printed(call: Called, report: Report) -> None:
    """The exit code says that it was rendered; the verdict is the report's."""
    code, out, err = call("report", FROZEN)
    assert (code, err) == (0, "")
    assert out == terminal.render(report)
    assert out.startswith("NOT CONFORMANT\n")


def test_every_form_is_written_from_either_file(
    call: Called, report: Report, tmp_path: Path
) -> None:
    """From run.ndjson and from report.json the same files come as after the run itself."""
    forms = {
        "html": "report.html",
        "junit": "junit.xml",
        "sarif": "report.sarif",
        "markdown": "summary.md",
        "json": "report.json",
    }
    assert set(forms.values()) == set(writers())
    source: Path = FROZEN
    for turn in ("stream", "saved"):
        folder = tmp_path / turn
        folder.mkdir()
        options = [arg for form, name in forms.items() for arg in (f"--{form}", folder / name)]
        assert call("report", source, *options) == (0, "", "")
        for name, render in writers().items():
            assert (folder / name).read_text() == render(report)
        source = folder / "report.json"


def test_a_folder_stands_for_the_reports_in_it(call: Called, tmp_path: Path) -> None:
    """What `sbw test` leaves can be named as a whole."""
    shutil.copy(FROZEN, tmp_path / "run.ndjson")
    assert call("report", tmp_path)[1].startswith("NOT CONFORMANT\n")


def test_a_dash_is_the_standard_output(call: Called, tmp_path: Path) -> None:
    """One form goes there, others to files beside it; two at once are refused."""
    code, out, _ = call("report", FROZEN, "--junit", "-", "--markdown", "summary.md")
    assert code == 0
    assert ET.fromstring(out).tag == "testsuites"  # noqa: S314  # our own file
    assert (tmp_path / "summary.md").read_text().startswith("## SBW: NOT CONFORMANT")
    code, out, err = call("report", FROZEN, "--junit", "-", "--sarif", "-")
    assert (code, out) == (2, "")
    assert "--junit -, --sarif -: only one of them" in err
    assert call("report", FROZEN, "--github", "--json", "-")[0] == 2


def test_annotations_are_printed(call: Called, report: Report) -> None:
    """GitHub reads them off the output of a step."""
    code, out, _ = call("report", FROZEN, "--github")
    assert code == 0
    assert out == github.render(report)
    assert out.startswith("::error title=CORE-076 on custom_field_definition::An update MUST")


def test_a_job_summary_is_added_to(
    call: Called, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What other steps wrote to it stays; any other file is written anew."""
    file = tmp_path / "step.md"
    file.write_text("earlier\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    assert call("report", FROZEN, "--markdown", file)[0] == 0
    assert file.read_text().startswith("earlier\n## SBW: NOT CONFORMANT")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    assert call("report", FROZEN, "--markdown", file)[0] == 0
    assert file.read_text().startswith("## SBW: NOT CONFORMANT")


def cut_in_half(folder: Path) -> str:
    """A stream of a run that was killed."""
    text = FROZEN.read_text()
    (folder / "run.ndjson").write_text(text[: len(text) // 2])
    return "run.ndjson"


def half_a_report(folder: Path) -> str:
    """A report.json that was not written to its end."""
    text = report_json.render(fold(read_events(FROZEN)))
    (folder / "report.json").write_text(text[: len(text) // 2])
    return "report.json"


def foreign(folder: Path, text: str | bytes) -> str:
    """A file that something else wrote."""
    (folder / "other.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    return "other.json"


def changed(folder: Path, **members: Any) -> str:
    """A report.json with other members."""
    value = json.loads(report_json.render(fold(read_events(FROZEN))))
    return foreign(folder, json.dumps({**value, **members}))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(lambda _: "none.json", "none.json", id="no file"),
        pytest.param(str, "holds no report", id="empty folder"),
        pytest.param(cut_in_half, "run.ndjson", id="stream that was cut off"),
        pytest.param(half_a_report, "report.json", id="report that was cut off"),
        pytest.param(lambda folder: foreign(folder, ""), "other.json", id="empty file"),
        pytest.param(lambda folder: foreign(folder, "[]"), "other.json", id="array"),
        pytest.param(lambda folder: foreign(folder, '{"a": 1}'), "other.json", id="foreign"),
        pytest.param(lambda folder: foreign(folder, b"\xff\xfe\x00"), "other.json", id="binary"),
        pytest.param(lambda folder: foreign(folder, "[" * 99_999), "other.json", id="deep"),
        pytest.param(
            lambda folder: changed(folder, format="report-9"), "format", id="later format"
        ),
        pytest.param(lambda folder: changed(folder, verdict="FINE"), "/verdict", id="verdict"),
        pytest.param(lambda folder: changed(folder, seed="x"), "/seed", id="seed"),
    ],
)
def test_what_is_no_report_is_refused(
    make: Callable[[Path], str], said: str, call: Called, tmp_path: Path
) -> None:
    """A sentence that names the file and what is wrong, exit code 2, and nothing written."""
    name = make(tmp_path)
    for arguments in (("report", name, "--html", "page.html"), ("diff", name, FROZEN)):
        code, out, err = call(*arguments)
        assert (code, out) == (2, "")
        assert err.startswith("error: ")
        assert said in err
        assert "Traceback" not in err
    assert not (tmp_path / "page.html").exists()


def test_a_file_that_cannot_be_written_is_named(call: Called, tmp_path: Path) -> None:
    """A folder that is not there, and what is a folder itself."""
    for place in (tmp_path / "no" / "page.html", tmp_path):
        code, _, err = call("report", FROZEN, "--html", place)
        assert code == 2
        assert err.startswith(f"error: {place} cannot be written: ")


# Two runs beside each other


def only(report: Report, *results: Result, **run: Any) -> Report:
    """The run with these results in place of its own."""
    return replace(report, results=results, run={**report.run, **run})


def result(outcome: Outcome, check: str = "core.a", resource: str | None = "contact") -> Result:
    """A result of CORE-070."""
    return Result("CORE-070", check, resource, outcome, expected="status 201", got="status 200")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("pass", "fail", (Kind.BROKE, True)),
        ("pass", "warn", (Kind.BROKE, True)),
        ("warn", "fail", (Kind.BROKE, True)),
        ("waived", "fail", (Kind.BROKE, True)),
        ("fail", "pass", (Kind.MENDED, False)),
        ("error", "pass", (Kind.MENDED, False)),
        ("fail", "not-claimed", (Kind.CHANGED, False)),
        ("fail", "waived", (Kind.CHANGED, False)),
        ("pass", "could-not-run", (Kind.CHANGED, True)),
        ("pass", "not-claimed", (Kind.CHANGED, False)),
        ("pass", None, (Kind.DISAPPEARED, False)),
        (None, "pass", (Kind.APPEARED, False)),
        (None, "fail", (Kind.APPEARED, True)),
    ],
)
def test_what_became_of_a_requirement(
    report: Report, old: str | None, new: str | None, expected: tuple[Kind, bool]
) -> None:
    """Broken, mended, come, gone, or changed otherwise; and whether that is for the worse."""
    then, now = ([result(Outcome(name))] if name else [] for name in (old, new))
    comparison = compare(only(report, *then), only(report, *now))
    [change] = comparison.changes
    assert (change.kind, change.worse) == expected
    assert comparison.worse == change.worse


def test_what_came_out_alike_is_no_change(report: Report) -> None:
    """Another sentence of what came instead is none."""
    old = result(Outcome.FAIL)
    comparison = compare(only(report, old), only(report, replace(old, got="status 500")))
    assert comparison.changes == ()
    assert not comparison.worse


def test_a_further_type_that_fails_is_worse(report: Report) -> None:
    """Also where the requirement was broken before."""
    old = [result(Outcome.FAIL), result(Outcome.PASS, resource="task")]
    new = [result(Outcome.FAIL), result(Outcome.FAIL, resource="task")]
    [change] = compare(only(report, *old), only(report, *new)).changes
    assert (change.kind, change.worse) == (Kind.CHANGED, True)
    assert [(turn.check, turn.resource) for turn in change.turns] == [("core.a", "task")]
    assert compare(only(report, *new), only(report, *old)).changes == ()


def test_what_two_runs_differ_in_is_said_first(report: Report) -> None:
    """Standard, suite, scored set, classes and seed may explain the rest."""
    other = only(report, *report.results, standard="1.0", suite_version="9", seed=7)
    other = replace(other, end={**report.end, "classes": ["core"]})
    other = replace(other, run={**other.run, "scored_set": f"sha256:{'0' * 64}"})
    found = {row.name: (row.old, row.new) for row in compare(report, other).differences}
    assert found == {
        "standard": ("draft", "1.0"),
        "suite": (report.run["suite_version"], "9"),
        "scored set": (report.run["scored_set"], f"sha256:{'0' * 64}"),
        "classes": ("contacts, core", "core"),
        "seed": ("0", "7"),
    }
    assert compare(report, report).differences == ()


def test_diff_says_what_changed(call: Called, report: Report, tmp_path: Path) -> None:
    """Exit code 1 if anything got worse, 0 if not; in words, in JSON and in Markdown."""
    mended = [
        replace(row, outcome=Outcome.PASS, assertions=1, exchange=row.exchange or "x#1")
        if row.requirement == "CORE-042"
        else row
        for row in report.results
    ]
    better = tmp_path / "better.json"
    better.write_text(report_json.render(only(report, *mended)))
    code, out, _ = call("diff", FROZEN, better)
    assert code == 0
    assert "  CORE-042  broken -> kept" in out.splitlines()
    code, out, _ = call("diff", better, FROZEN, "--json")
    assert code == 1
    value = json.loads(out)
    assert value["worse"] is True
    [change] = value["changes"]
    assert (change["requirement"], change["kind"]) == ("CORE-042", "broke")
    assert change["checks"][0]["got"].startswith("status 409")
    code, out, _ = call("diff", better, FROZEN, "--markdown")
    assert code == 1
    assert "| broke | CORE-042 | kept | broken |" in out
    assert call("diff", FROZEN, FROZEN)[0] == 0
    assert call("diff", better, FROZEN, "--markdown", "--json")[0] == 2


def test_help_says_what_exit_codes_mean(call: Called) -> None:
    """That rendering is no verdict, and what makes a comparison fail."""
    code, out, _ = call("report", "--help")
    assert code == 0
    assert "whatever the verdict says" in out
    assert "1 one got worse" in call("diff", "--help")[1]
