"""The reference provider is CONFORMANT, however it is run, and clean afterwards."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.conformance.conftest import WholeRun
from tests.conformance.support import REPORTS, Providers, leftovers, rows, run, sbw, stored, tokens

from sbw_conformance.results import Outcome, Verdict
from sbw_conformance.target import Credentials
from sbw_validator.standard import load_standard

NOTHING_DECLARED = {"BULK-010", "CORE-008", "CORE-009", "CORE-084", "CORE-111"}
"""Requirements of what the reference provider does not do: leave out an operation or a member,
limit one further, or tell of its own end."""

CORE_AND_CONTACTS = ["bulk", "contacts", "core", "sandbox"]
"""Classes core and contacts, and those that add to them."""

MOST_REQUESTS, MOST_REQUESTS_IN_ALL = 3_000, 12_000
"""What these cost of the reference provider at most, and what all classes do."""


def test_the_reference_provider_is_conformant(whole_run: WholeRun) -> None:
    """`sbw test URL` exits 0, says so first, and writes all reports."""
    done = whole_run.done
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("CONFORMANT\n")
    assert all((whole_run.folder / name).stat().st_size for name in REPORTS)
    assert done.stderr == ""


def test_nothing_is_left_behind(whole_run: WholeRun) -> None:
    """After a run no list holds a record of the suite, and its journal is gone."""
    assert leftovers(whole_run.target) == []
    assert stored(whole_run.target) == []
    assert {file.name for file in whole_run.folder.iterdir()} == set(REPORTS)
    report = json.loads((whole_run.folder / "report.json").read_text())
    assert report["cleanup"]["removed"] > 0
    assert report["cleanup"]["kept"] == []


def test_core_and_contacts_cost_no_more_requests_than_they_may(tmp_path: Path) -> None:
    """`sbw test --reference` judges them within their budget, clean-up included."""
    classes = [part for name in CORE_AND_CONTACTS for part in ("--class", name)]
    done = sbw("test", "--reference", *classes, "--json", cwd=tmp_path, measured=False)
    report = json.loads(done.stdout)
    assert (done.returncode, report["verdict"]) == (0, "CONFORMANT")
    assert report["classes"] == CORE_AND_CONTACTS
    assert report["requests"] <= MOST_REQUESTS
    counted = sum(check["requests"] for check in report["checks"])
    assert MOST_REQUESTS / 2 < counted <= report["requests"]


def test_a_whole_run_costs_no_more_requests_than_it_may(whole_run: WholeRun) -> None:
    """`sbw test` judges all classes within its budget, clean-up included."""
    report = json.loads((whole_run.folder / "report.json").read_text())
    assert report["classes"] == sorted(load_standard().classes)
    assert MOST_REQUESTS < report["requests"] <= MOST_REQUESTS_IN_ALL


def test_contacts_are_conformant_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    """`sbw test --reference --db` judges contacts on a real PostgreSQL."""
    db = ("--db", postgres_url, "--class", "contacts")
    done = sbw("test", "--reference", *db, "--json", cwd=tmp_path, measured=False)
    report = json.loads(done.stdout)
    assert (done.returncode, report["verdict"]) == (0, "CONFORMANT")
    assert report["classes"] == ["contacts", "core"]
    assert report["counts"]["pass"] > 100


@pytest.mark.full
def test_it_is_conformant_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    """All of it is, too."""
    done = sbw("test", "--reference", "--db", postgres_url, "--json", cwd=tmp_path, measured=False)
    report = json.loads(done.stdout)
    wanted = {"pass", "not-claimed"}
    failures = [r for r in report["results"] if r["outcome"] not in wanted]
    assert (done.returncode, report["verdict"], failures) == (0, "CONFORMANT", [])
    passed = {r["requirement"] for r in report["results"] if r["outcome"] == "pass"}
    judged = {r["id"] for r in report["requirements"] if r["kind"] == "checked"}
    assert {r["requirement"] for r in report["results"]} - passed == NOTHING_DECLARED
    assert passed | NOTHING_DECLARED == judged
    assert report == json.loads((tmp_path / "sbw-report" / "report.json").read_text())


def test_client_credentials_let_in_as_tokens_do(provider: Providers, tmp_path: Path) -> None:
    """With ids and secrets in place of tokens the suite gets tokens of its own."""
    target = provider(classes=["core"])
    lines, given = [f"target: {target.base}", "clients:"], {}
    for role in ("a1", "a2", "b1"):
        client = target.clients[role]
        names = (f"ID_{role}", f"SECRET_{role}")
        given |= dict(zip(names, (client.client_id or "", client.client_secret or ""), strict=True))
        lines.append(f"  {role}: {{client_id_env: {names[0]}, client_secret_env: {names[1]}}}")
    (tmp_path / "sbw.yaml").write_text("\n".join(lines))
    done = sbw("test", cwd=tmp_path, env=given, measured=False)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "CONFORMANT")
    assert leftovers(target) == []


def test_a_second_app_and_business_are_needed(provider: Providers, tmp_path: Path) -> None:
    """Without a2 and b1 the verdict is INCOMPLETE, and it says which tokens are missing."""
    target = provider(classes=["core"])
    done = sbw("test", target.base, cwd=tmp_path, env=tokens(target, "a1"), measured=False)
    assert done.returncode == 4
    assert done.stdout.startswith("INCOMPLETE\n")
    assert "it needs SBW_A2_TOKEN" in done.stdout
    assert "it needs SBW_B1_TOKEN" in done.stdout
    assert "it needs SBW_A1_READ_ONLY_TOKEN" in done.stdout
    report = json.loads((tmp_path / "sbw-report" / "report.json").read_text())
    assert {r["outcome"] for r in report["results"]} == {"pass", "not-claimed", "could-not-run"}
    lacking = [r for r in report["results"] if r["outcome"] == "could-not-run"]
    assert all(r["reason"].startswith("it needs SBW_") for r in lacking)


@pytest.mark.parametrize(("role", "code"), [("a2", "SBW_A2_TOKEN"), ("b1", "SBW_B1_TOKEN")])
def test_only_what_needs_a_client_is_left_out(provider: Providers, role: str, code: str) -> None:
    """A missing client takes away the checks that act as it, and names its variable."""
    target = provider()
    clients = {name: entry for name, entry in target.clients.items() if name != role}
    report = run(replace(target, clients=clients), "core.record_of", "core.other_app", "business.")
    assert report.verdict is Verdict.INCOMPLETE
    reasons = {r.reason for r in report.results if r.outcome is Outcome.COULD_NOT_RUN}
    assert reasons
    assert all(code in (reason or "") for reason in reasons)


@pytest.mark.full
def test_the_number_of_workers_changes_nothing(provider: Providers) -> None:
    """The same seed gives the same rows, with 1, 4 and 16 workers."""
    found = [
        rows(run(provider(), only="contact", workers=workers, seed=7)) for workers in (1, 4, 16)
    ]
    assert found[0] == found[1] == found[2]
    assert len(found[0]) > 20


@pytest.mark.full
def test_a_failing_provider_fails_alike_with_any_number_of_workers(provider: Providers) -> None:
    """Without a second business and against a wrong token's provider, rows are the same too."""
    found = []
    for workers in (1, 16):
        target = provider()
        clients = {"a1": target.clients["a1"], "b1": Credentials(token="not-let-in-anywhere")}
        wrong = replace(target, clients=clients)
        found.append(rows(run(wrong, only="contact", workers=workers, preflight=False)))
    assert found[0] == found[1]
    assert any(outcome != "pass" for *_, outcome in found[0])


@pytest.mark.no_cover
def test_a_seed_is_reported_and_another_one_draws_otherwise(provider: Providers) -> None:
    """Seeds change what programs send, not what is found of a provider that keeps the standard."""
    target = provider()
    reports = [
        run(target, "core.record_life", only="contact", seed=seed, programs=2) for seed in (0, 1)
    ]
    sent = [
        [e["request_body"]["text"] for e in r.exchanges.values() if e["operation"] == "create"]
        for r in reports
    ]
    assert [r.run["seed"] for r in reports] == [0, 1]
    assert [r.verdict for r in reports] == [Verdict.CONFORMANT, Verdict.CONFORMANT]
    assert _without_marks(sent[0]) != _without_marks(sent[1])


def _without_marks(bodies: list[str]) -> list[str]:
    """What was sent as names: they are drawn, and hold nothing of the run."""
    return sorted(found for body in bodies for found in re.findall(r'"name": {[^{}]*}', body))


def test_records_of_others_are_left_alone(provider: Providers) -> None:
    """What was there before a run is there after it, unchanged."""
    target = provider(seed_data=30)
    before = [stored(target, role) for role in ("a1", "b1")]
    run(target, only="contact")
    assert [stored(target, role) for role in ("a1", "b1")] == before
    assert sum(map(len, before)) >= 30
