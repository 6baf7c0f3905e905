"""Part of what is claimed can be judged; a part that says too little is never CONFORMANT."""

import json
from pathlib import Path

import pytest
from tests.conformance.calling import called
from tests.conformance.support import Providers, run, sbw, tokens

from sbw_conformance.results import Outcome, Verdict
from sbw_conformance.selection import Selection, failed_in, of_classes, of_profile
from sbw_conformance.target import ConfigurationError
from sbw_validator.standard import load_standard

STANDARD = load_standard()


def test_classes_bring_those_that_they_depend_on() -> None:
    """Core is always judged."""
    assert of_classes(STANDARD, ["bulk"]) == {"core", "bulk"}
    with pytest.raises(ConfigurationError, match=r"There is no class contact\.") as refused:
        of_classes(STANDARD, ["contact"])
    assert "contacts" in str(refused.value)


def test_a_profile_is_refused_while_a_class_of_it_is_not_written() -> None:
    """The sentence names the classes that are missing, and what can be judged."""
    with pytest.raises(ConfigurationError) as refused:
        of_profile(STANDARD, "crm")
    assert "has no class access, changes, export, privacy, crm so far" in str(refused.value)
    assert "--class core --class contacts" in str(refused.value)
    with pytest.raises(ConfigurationError, match="There is no profile crn"):
        of_profile(STANDARD, "crn")


def test_only_the_classes_asked_for_are_judged(provider: Providers) -> None:
    """The report tells of no other class, and names those that were judged."""
    selection = Selection(of_classes(STANDARD, ["bulk"]))
    report = run(provider(), "core.update_without", "bulk.", "contacts.", selection=selection)
    assert report.verdict is Verdict.CONFORMANT
    assert report.end["classes"] == ["bulk", "core"]
    told = {report.requirements[r.requirement]["class"] for r in report.results}
    assert told == {"bulk", "core"}
    assert {r.resource for r in report.results} <= {None, "business", "custom_field_definition"}


def test_a_class_that_was_asked_for_and_is_not_claimed_is_no_pass(provider: Providers) -> None:
    """Asking for a class means that it is to be shown."""
    selection = Selection(of_classes(STANDARD, ["bulk"]))
    target = provider(classes=["core"])
    report = run(target, "bulk.", "core.update_without", selection=selection)
    assert report.verdict is Verdict.INCOMPLETE
    reasons = {r.reason for r in report.results if r.outcome is Outcome.COULD_NOT_RUN}
    assert reasons == {"class bulk was asked for, but the landing page does not claim it"}


def test_read_only_writes_nothing_and_fails_nothing(provider: Providers) -> None:
    """Only safe methods are sent; what needs a write could not run, so the verdict stays open."""
    target = provider(seed_data=30)
    report = run(target, selection=Selection(read_only=True))
    assert {e["method"] for e in report.exchanges.values()} <= {"GET", "HEAD", "OPTIONS"}
    assert report.failures() == ()
    assert report.verdict is Verdict.INCOMPLETE
    found = {r.requirement for r in report.results if r.outcome is Outcome.PASS}
    assert {"CORE-001", "CORE-004", "CORE-071", "CORE-073", "CORE-100"} <= found
    reasons = {r.reason for r in report.results if r.outcome is Outcome.COULD_NOT_RUN}
    assert "it writes, and this run only reads" in reasons


def test_what_failed_is_done_once_more(provider: Providers, tmp_path: Path) -> None:
    """A rerun asks far less, sees the same failures, and is never CONFORMANT when they are gone."""
    target = provider(defect="if-match-optional", classes=["core"])
    first = sbw("test", target.base, cwd=tmp_path, env=tokens(target), measured=False)
    assert first.returncode == 1
    again = ("--rerun", "sbw-report", "--out", "again")
    second = called("test", target.base, *again, cwd=tmp_path, env=tokens(target))
    assert second.returncode == 1
    whole, part = (
        json.loads((tmp_path / folder / "report.json").read_text())
        for folder in ("sbw-report", "again")
    )
    failures = [
        {(r["requirement"], r["check"], r.get("resource")) for r in found["results"]
         if r["outcome"] == "fail"}
        for found in (whole, part)
    ]  # fmt: skip
    assert failures[0] == failures[1] != set()
    assert part["requests"] < whole["requests"] / 5
    assert part["selection"]["rerun"]
    mended = provider(classes=["core"])
    third = called("test", mended.base, *again, cwd=tmp_path, env=tokens(mended))
    assert third.returncode == 4
    assert third.stdout.startswith("INCOMPLETE")


def test_a_report_without_failures_has_nothing_to_repeat(
    provider: Providers, tmp_path: Path
) -> None:
    """That is said, with exit code 2; so is a file that holds no report."""
    target = provider()
    report = run(target, "core.update_without", only="contact")
    assert failed_in(report) == frozenset()
    (tmp_path / "odd.json").write_text('{"format": "report-1"}')
    for name, says in (("odd.json", "is not in the format report-1"), ("none", "cannot be read")):
        done = called("test", target.base, "--rerun", name, cwd=tmp_path, env=tokens(target))
        assert done.returncode == 2
        assert says in done.stderr
