"""Waivers excuse what they name for a time, count as nothing, and never outlive their reason."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.support import Providers, run, sbw, tokens

from sbw_conformance.results import Outcome, Result, Verdict, verdict_of
from sbw_conformance.waivers import Waiver, Waivers

DAY = date(2026, 6, 30)
FAILED = Result("CORE-042", "core.some_check", "contact", Outcome.FAIL, expected="428", got="200")
WAIVER = Waiver("CORE-042", "Integrations", "Old app sends none", "API-7", DAY)
KNOWN: dict[str, Any] = {
    "requirements": {"CORE-042"},
    "checks": {"core.some_check"},
    "resources": {"contact"},
}


def given(*waivers: Waiver, day: date = DAY) -> Waivers:
    """The waivers of a run on a day."""
    return Waivers(waivers, day)


def test_a_failure_is_waived_through_the_last_day() -> None:
    """It keeps what was expected and what came, and says who answers for it."""
    waived = given(WAIVER).apply(FAILED)
    assert waived.outcome is Outcome.WAIVED
    assert (waived.expected, waived.got) == ("428", "200")
    assert waived.waiver == {
        "requirement": "CORE-042",
        "owner": "Integrations",
        "reason": "Old app sends none",
        "ticket": "API-7",
        "expires": "2026-06-30",
    }
    late = given(WAIVER, day=DAY + timedelta(days=1)).apply(FAILED)
    assert late == FAILED


@pytest.mark.parametrize(
    "narrower",
    [{"check": "core.other"}, {"resource": "organization"}, {"requirement": "CORE-041"}],
    ids=str,
)
def test_what_a_waiver_does_not_name_stays_a_failure(narrower: dict[str, str]) -> None:
    """A waiver of one check or resource covers no other."""
    assert given(replace(WAIVER, **narrower)).apply(FAILED) == FAILED
    fitting = replace(WAIVER, check="core.some_check", resource="contact")
    assert given(fitting).apply(FAILED).outcome is Outcome.WAIVED


@pytest.mark.parametrize("outcome", [o for o in Outcome if o not in {Outcome.FAIL, Outcome.WARN}])
def test_only_failures_are_waived(outcome: Outcome) -> None:
    """What could not run, is not claimed, passes or is the suite's own error stays what it is."""
    result = replace(FAILED, outcome=outcome)
    assert given(WAIVER).apply(result) == result


@pytest.mark.parametrize(
    ("waiver", "outcome", "what"),
    [
        (replace(WAIVER, expires=DAY - timedelta(days=1)), Outcome.FAIL, "expired"),
        (WAIVER, Outcome.PASS, "unused"),
        (replace(WAIVER, requirement="CORE-999"), Outcome.FAIL, "stale"),
        (replace(WAIVER, check="core.gone"), Outcome.FAIL, "stale"),
        (replace(WAIVER, resource="invoice"), Outcome.FAIL, "stale"),
    ],
)
def test_a_waiver_in_trouble_is_a_failure(waiver: Waiver, outcome: Outcome, what: str) -> None:
    """Expired, unused and stale ones are told each with a sentence, and who to ask."""
    waivers = given(waiver)
    results = [waivers.apply(replace(FAILED, outcome=outcome))]
    [trouble] = waivers.troubles(results, **KNOWN)
    assert (trouble.outcome, trouble.check, trouble.kind) == (
        Outcome.FAIL,
        f"waivers.{what}",
        "waiver",
    )
    assert f"API-7) is {what}" in (trouble.reason or "")
    assert verdict_of([*results, trouble]) is Verdict.NOT_CONFORMANT


@pytest.mark.parametrize("outcome", [Outcome.COULD_NOT_RUN, Outcome.ERROR, None])
def test_of_what_was_not_judged_nothing_is_said(outcome: Outcome | None) -> None:
    """A waiver is not called unused where its requirement could not be judged this time."""
    results = [replace(FAILED, outcome=outcome)] if outcome else []
    assert list(given(WAIVER).troubles(results, **KNOWN)) == []


def test_a_needed_waiver_is_no_trouble() -> None:
    """It is needed if one of what it covers fails, whatever else passes."""
    waivers = given(WAIVER)
    results = [waivers.apply(FAILED), replace(FAILED, outcome=Outcome.PASS, resource="business")]
    assert list(waivers.troubles(results, **KNOWN)) == []


def test_a_waived_failure_counts_as_no_pass() -> None:
    """Where nothing else passes the verdict is INCOMPLETE."""
    waived = given(WAIVER).apply(FAILED)
    assert verdict_of([waived]) is Verdict.INCOMPLETE
    assert verdict_of([waived, replace(FAILED, outcome=Outcome.PASS)]) is Verdict.CONFORMANT


def test_a_run_waives_what_is_agreed(provider: Providers) -> None:
    """A defective provider conforms but for what is waived, and the report says so."""
    target = provider(defect="if-match-optional")
    failed = run(target, "core.update_without", only="contact")
    assert failed.verdict is Verdict.NOT_CONFORMANT
    later = datetime.now(UTC).date() + timedelta(days=30)
    waiver = replace(WAIVER, expires=later)
    report = run(target, "core.update_without", only="contact", waivers=(waiver,))
    assert report.verdict is Verdict.CONFORMANT
    assert report.outcome("CORE-042") is Outcome.WAIVED
    assert report.run["waivers"] == [waiver.to_json()]


def test_a_waiver_of_sbw_yaml_that_is_not_needed_fails_the_run(
    provider: Providers, tmp_path: Path
) -> None:
    """The command reads waivers from its configuration."""
    target = provider(classes=["core"])
    (tmp_path / "sbw.yaml").write_text(
        f"target: {target.base}\n"
        "clients:\n"
        "  a1: {token_env: SBW_A1_TOKEN}\n"
        "  a2: {token_env: SBW_A2_TOKEN}\n"
        "  b1: {token_env: SBW_B1_TOKEN}\n"
        "waivers:\n"
        "  - requirement: CORE-042\n"
        "    owner: Integrations\n"
        "    reason: Old app sends none\n"
        "    ticket: API-7\n"
        f"    expires: {datetime.now(UTC).date() + timedelta(days=1)}\n"
    )
    done = sbw("test", cwd=tmp_path, env=tokens(target), measured=False)
    assert done.returncode == 1
    assert "the waiver of CORE-042 (API-7) is unused" in done.stdout
