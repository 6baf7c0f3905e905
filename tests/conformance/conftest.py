"""What tests of the suite share: reference providers in one process, and one whole run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from tests.conformance.support import Providers, sbw, tokens, unmeasured_children

from sbw_conformance.provider import Fleet
from sbw_conformance.target import Target


@dataclass(frozen=True)
class WholeRun:
    """What `sbw test URL` left after a run against the reference provider."""

    folder: Path
    target: Target
    given: Mapping[str, str]
    done: CompletedProcess[str]


@pytest.fixture(scope="session")
def fleet() -> Iterator[Fleet]:
    """Give one process for all reference providers of a worker."""
    with unmeasured_children(), Fleet() as fleet:
        yield fleet


@pytest.fixture(autouse=True)
def providers_are_not_measured() -> Iterator[None]:
    """Start what tests of the suite start without coverage: it would take half of their time.

    The provider is measured by its own tests, the commands by `sbw`.
    """
    with unmeasured_children():
        yield


@pytest.fixture
def provider(fleet: Fleet, request: pytest.FixtureRequest) -> Iterator[Providers]:
    """Give a function that starts a reference provider of the test's own."""
    providers = Providers(fleet, request.node.nodeid)
    yield providers
    providers.close()


@pytest.fixture(scope="session")
def whole_run(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeRun]:
    """Give one whole run of the real command; the provider is still there."""
    target, folder = fleet.start("whole-run"), tmp_path_factory.mktemp("whole-run")
    given = tokens(target)
    done = sbw("test", target.base, "--out", folder, cwd=folder, env=given, measured=False)
    yield WholeRun(folder, target, given, done)
    fleet.stop("whole-run")
