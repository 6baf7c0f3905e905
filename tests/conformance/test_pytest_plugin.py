"""The plugin: `pytest --sbw URL` in a vendor's own test suite."""

import os
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
from tests.conformance.support import MEASURING, Providers, environment, tokens

from sbw_conformance.reading import read_report
from sbw_conformance.reports import terminal
from sbw_conformance.results import Outcome

pytest_plugins = ["pytester"]

APP = Path(__file__).parents[2] / "docs" / "example-vendor" / "app.py"
TOKENS = {
    "SBW_A1_TOKEN": "test-a1",
    "SBW_A2_TOKEN": "test-a2",
    "SBW_B1_TOKEN": "test-b1",
    "SBW_A1_READ_ONLY_TOKEN": "test-a1-reads",
    "SBW_A1_BUSINESS_ONLY_TOKEN": "test-a1-business",
}
COUNTED = """
from pathlib import Path
from app import app
with Path("starts").open("a") as starts:
    print("once more", file=starts)
"""
CONFIG = """
app: counted:app
clients:
  a1:
    token_env: SBW_A1_TOKEN
    scoped:
      read_only: {token_env: SBW_A1_READ_ONLY_TOKEN}
      business_only: {token_env: SBW_A1_BUSINESS_ONLY_TOKEN}
  a2: {token_env: SBW_A2_TOKEN}
  b1: {token_env: SBW_B1_TOKEN}
waivers:
  - requirement: CORE-053
    owner: Ada
    reason: the router throws them away
    ticket: CRM-7
    expires: 2999-12-31
"""
OWN = "def test_own():\n    assert True\n"
IN_PYTEST = {
    Outcome.PASS: "passed",
    Outcome.WARN: "passed",
    Outcome.FAIL: "failed",
    Outcome.ERROR: "failed",
    Outcome.COULD_NOT_RUN: "failed",
    Outcome.NOT_CLAIMED: "skipped",
    Outcome.WAIVED: "xfailed",
}
LINE = re.compile(r"^(sbw::\S+) ([A-Z]+)", re.MULTILINE)
PLUGIN = ("-p", "no:cacheprovider")


@pytest.fixture
def vendor(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Give a vendor's folder: an app that keeps half of the standard, and a test of its own."""
    for name in set(os.environ) - set(environment()):
        monkeypatch.delenv(name)
    for name, value in TOKENS.items():
        monkeypatch.setenv(name, value)
    shutil.copy(APP, pytester.path)
    for name, text in {"counted.py": COUNTED, "sbw.yaml": CONFIG, "test_own.py": OWN}.items():
        (pytester.path / name).write_text(text, encoding="utf-8")
    return pytester


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure processes too: the plugin runs in none but those. It takes twice the time."""
    for name, value in MEASURING.items():
        monkeypatch.setenv(name, value)


def test_each_result_is_a_test(vendor: pytest.Pytester) -> None:
    """Every outcome has its counterpart, and what is broken is told as on a terminal."""
    done = vendor.runpytest_subprocess(*PLUGIN, "-v", "-rx", "--sbw-config", "sbw.yaml")
    report = read_report(vendor.path / "sbw-report")
    wanted = {
        f"sbw::{r.requirement}::{r.check}{f'[{r.resource}]' if r.resource else ''}": (
            IN_PYTEST[r.outcome].upper().replace("XFAILED", "XFAIL")
        )
        for r in report.results
    }
    assert {r.outcome for r in report.results} == set(IN_PYTEST) - {Outcome.ERROR}
    shown = dict(LINE.findall(done.stdout.str()))
    assert shown == {**wanted, "sbw::verdict": "FAILED"}
    own_and_verdict = {"passed": 1, "failed": 1}
    warned = sum(r.outcome is Outcome.WARN for r in report.results)
    counted = Counter(IN_PYTEST[r.outcome] for r in report.results)
    assert done.parseoutcomes() == {**(counted + Counter(own_and_verdict)), "warnings": warned}
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    summary = terminal.render(report).split("\n\n")
    text = done.stdout.str()
    assert summary[0] in text
    told = next(part for part in summary if part.startswith("FAIL CORE-042"))
    assert [line for line in told.splitlines() if "blocks" not in line and "also" not in line] == [
        line for line in told.splitlines() if line in text
    ]
    assert "Ada, CRM-7, until 2999-12-31: the router throws them away" in text
    assert "Mend CORE-041 first." in text


def test_workers_of_xdist_share_one_run(vendor: pytest.Pytester) -> None:
    """The controller judges the provider once, and each result is still one test."""
    done = vendor.runpytest_subprocess(
        *PLUGIN, "-n2", "-m", "sbw", "--sbw-app", "counted:app", "--sbw-out", "elsewhere"
    )
    report = read_report(vendor.path / "elsewhere")
    counted = Counter(IN_PYTEST[r.outcome] for r in report.results) + Counter({"failed": 1})
    outcomes = done.parseoutcomes()
    assert outcomes.pop("warnings")
    assert outcomes == counted
    assert (vendor.path / "starts").read_text(encoding="utf-8") == "once more\n"


def test_a_conformant_provider_is_green(
    vendor: pytest.Pytester, provider: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside the vendor's own tests all is passed or skipped, the verdict too."""
    target = provider(variant="read-only", seed_data=60)
    (vendor.path / "sbw.yaml").unlink()
    for name, value in tokens(target).items():
        monkeypatch.setenv(name, value)
    done = vendor.runpytest_subprocess(*PLUGIN, "-k", "verdict or test_own", "--sbw", target.base)
    assert done.ret == pytest.ExitCode.OK
    assert done.parseoutcomes()["passed"] == 2
    done.stdout.fnmatch_lines(["* Small Business Web *", "CONFORMANT", "Reports: */sbw-report"])


@pytest.mark.usefixtures("measured")
def test_what_was_not_judged_is_not_green(
    vendor: pytest.Pytester, provider: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is broken, but without a token of business b something claimed is open."""
    target = provider(variant="read-only", seed_data=60)
    (vendor.path / "sbw.yaml").unlink()
    for name, value in tokens(target).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("SBW_B1_TOKEN")
    done = vendor.runpytest_subprocess(*PLUGIN, "--sbw", target.base)
    report = read_report(vendor.path / "sbw-report")
    unjudged = [r for r in report.results if r.outcome is Outcome.COULD_NOT_RUN]
    assert report.verdict == "INCOMPLETE"
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    assert done.parseoutcomes()["failed"] == len(unjudged) + 1
    done.stdout.fnmatch_lines(["*it needs SBW_B1_TOKEN*", "INCOMPLETE"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--sbw-config", "missing.yaml"), "missing.yaml cannot be read: No such file*"),
        (("--sbw-app", "nowhere:app"), "There is no module 'nowhere' in *"),
        (("--sbw", "ftp://example.com"), "'ftp://example.com' is no base URL."),
        (("--sbw", "http://127.0.0.1:9"), "Nothing *127.0.0.1*"),
        (("--sbw", "http://x.example", "--sbw-app", "app:app"), "--app serves the provider*"),
    ],
    ids=["no file", "no module", "no URL", "no answer", "two providers"],
)
def test_a_wrong_configuration_is_wrong_usage(
    arguments: tuple[str, ...], sentence: str, vendor: pytest.Pytester
) -> None:
    """It is told in a sentence, before any test runs, and no test is to blame."""
    done = vendor.runpytest_subprocess(*PLUGIN, *arguments)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines([f"ERROR: {sentence}"])
    assert "Traceback" not in done.stderr.str()
    assert "passed" not in done.stdout.str()


@pytest.mark.usefixtures("measured")
def test_collecting_judges_nothing(vendor: pytest.Pytester) -> None:
    """An editor that asks which tests there are sends no request, and is told so."""
    done = vendor.runpytest_subprocess(
        *PLUGIN, "-p", "no:xdist", "--collect-only", "--sbw-config", "sbw.yaml"
    )
    assert done.ret == pytest.ExitCode.OK
    done.stdout.fnmatch_lines(["sbw: nothing is judged with --collect-only*", "*test_own*"])
    assert not (vendor.path / "starts").exists()


def test_without_its_options_it_imports_nothing(vendor: pytest.Pytester) -> None:
    """A pytest that has nothing to do with it does not pay for it."""
    vendor.makepyfile(
        test_own="""
        import sys

        def test_own():
            ours = {name for name in sys.modules if name.startswith("sbw_")}
            assert ours == {"sbw_conformance", "sbw_conformance.pytest_plugin"}
        """
    )
    done = vendor.runpytest_subprocess(*PLUGIN)
    done.assert_outcomes(passed=1)
