"""The same seed and the same state give the same verdict and the same rows, whoever is first."""

from typing import Any

import pytest
from tests.conformance.support import Providers, rows, run

from sbw_conformance.measuring.nulls import NULLS, served
from sbw_conformance.results import Report, Verdict
from sbw_conformance.runner import PROGRAMS
from sbw_conformance.suite import Options, judge
from sbw_validator.standard import load_standard

WORKERS = (1, 4, 16)
RUNS = 20
SEED = 5


def judged(providers: Providers, workers: int, programs: int = PROGRAMS, **what: Any) -> Report:
    """A whole run of a new provider with records of its own."""
    target = providers(seed_data=30, **what)
    return run(target, workers=workers, seed=SEED, programs=programs)


def differences(reports: list[Report]) -> set[Any]:
    """Rows that not all of the runs have."""
    found = [rows(report) for report in reports]
    return set().union(*found) - set(found[0]).intersection(*found)


@pytest.mark.no_cover
def test_one_worker_finds_of_core_what_eight_find(provider: Providers) -> None:
    """Who is first makes no difference to what fails, and to what that stands in the way of."""
    what = {"classes": ["core"], "defect": "create-without-etag", "programs": 2}
    reports = [judged(provider, workers, **what) for workers in (1, 8)]
    assert differences(reports) == set()
    assert [report.verdict for report in reports] == [Verdict.NOT_CONFORMANT] * 2
    assert len(rows(reports[0])) > 50


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_twenty_runs_find_the_same(provider: Providers) -> None:
    """With 1, 4 and 16 workers in turn, every row of every run is the same."""
    reports = [judged(provider, WORKERS[number % len(WORKERS)]) for number in range(RUNS)]
    assert {report.verdict for report in reports} == {Verdict.CONFORMANT}
    assert differences(reports) == set()


@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.parametrize("defect", ["version-toggles", "drops-member:/name/suffix"])
def test_a_defect_is_found_alike(provider: Providers, defect: str) -> None:
    """What fails and what it blocks does not depend on the order in which it is asked for."""
    reports = [judged(provider, workers, defect=defect) for workers in (*WORKERS, *WORKERS)]
    assert {report.verdict for report in reports} == {Verdict.NOT_CONFORMANT}
    assert differences(reports) == set()


@pytest.mark.full
@pytest.mark.parametrize("name", ["claims-someone-elses", "claims-empty-pages"])
def test_a_provider_that_does_nothing_is_judged_alike(name: str) -> None:
    """Where nearly everything blocks something else, too."""
    [null] = [null for null in NULLS if null.id == name]
    reports = []
    for workers in (*WORKERS, *WORKERS):
        with served(null, load_standard()) as target:
            reports.append(judge(target, Options(workers=workers, preflight=False, programs=2)))
    assert differences(reports) == set()
