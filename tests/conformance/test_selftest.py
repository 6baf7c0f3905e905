"""The suite proves itself: on the shipped standard, and on one with a resource of each shape."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.support import MEASURING

from sbw_conformance.checks import catalog
from sbw_conformance.provider import Defect, defects
from sbw_conformance.scored import digest_of, load_scored
from sbw_conformance.selftest import Selftester
from sbw_conformance.traceability import index
from sbw_validator.standard import load_standard

STANDARD = Path(__file__).parents[1] / "standard"
SAMPLE = (
    "deletion-leaves-readable",
    "if-match-optional",
    "next-forgets-filter",
    "unknown-members-dropped",
    "version-is-a-content-hash",
    "accepts-violation:C2",
    "foreign-record-403",
    "limit-ignored",
)
"""Defects that act on different seams; the whole matrix is the session `selftest`."""


def _sample(number: int = len(SAMPLE)) -> list[Defect]:
    return [defect for defect in defects() if defect.id in SAMPLE[:number]]


def test_every_checked_requirement_has_a_check_and_a_defect() -> None:
    """No requirement that the suite judges is without a check and a defect of its own."""
    gaps = {entry.requirement.id: entry.gaps for entry in index(load_standard()) if entry.gaps}
    assert gaps == {}


def test_checks_and_defects_name_requirements_that_exist() -> None:
    """A check or a defect for a requirement that is not in the text would prove nothing."""
    known = {entry.requirement.id for entry in index(load_standard())}
    named = {name for check in catalog() for name in check.requirements}
    named |= {name for defect in defects() for name in defect.expects}
    assert named - known == set()


def test_the_scored_set_is_the_catalogue_of_the_draft() -> None:
    """Until a release every check is scored, and the digest is that of their ids."""
    ids = sorted(check.id for check in catalog())
    scored = load_scored("draft")
    assert list(scored.checks) == ids
    assert scored.digest == digest_of(ids)


@pytest.mark.full
def test_a_sample_of_defects_is_killed_as_expected() -> None:
    """Each defect is found by its own requirement, and nothing fails but what it expects."""
    assert len(_sample()) == len(SAMPLE)
    found = Selftester(lanes=2, classes=("core", "contacts")).run(_sample(4), whole=False)
    assert found.baseline.verdict == "CONFORMANT"
    assert {kill.defect.id: kill.complaints for kill in found.kills if kill.complaints} == {}


def test_a_defect_that_a_check_does_not_see_is_reported_alive() -> None:
    """Without the check that is meant for it a defect lives, and selftest says so."""
    [defect] = [defect for defect in defects() if defect.id == "if-match-optional"]
    seeing = {"core.first_refusal_decides"}  # it stands on the refusal, and so sees it too
    checks = tuple(c for c in catalog() if "CORE-042" not in c.requirements and c.id not in seeing)
    found = Selftester(checks=checks, classes=("core",)).run([defect], whole=False)
    assert not found.ok
    assert "CORE-042 did not fail" in found.kills[0].complaints


def _widgets(folder: Path) -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("standard_build", STANDARD / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.build(folder)
    known = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([str(STANDARD), *([known] if known else [])])
    return {**os.environ, "SBW_STANDARD": str(folder), "PYTHONPATH": path}


def _sbw(env: dict[str, str], folder: Path, *arguments: str) -> Any:
    sbw = Path(sys.executable).parent / "sbw"
    done = subprocess.run(
        [sbw, *arguments, "--json"],
        env=env,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return json.loads(done.stdout)


def test_a_resource_of_each_shape_is_judged_without_another_line_of_code(tmp_path: Path) -> None:
    """A foreign standard with a resource of each shape is judged."""
    env = _widgets(tmp_path / "standard")
    report = _sbw(env, tmp_path, "test", "--reference")
    assert report["verdict"] == "CONFORMANT"
    passed = {row.get("resource") for row in report["results"] if row["outcome"] == "pass"}
    assert {"widget", "widget_setting", "widget_event", "widget_search"} <= passed
    kept = {row["resource"] for row in report["cleanup"]["kept"]}
    assert kept == {"widget_event"}
    assert report["cleanup"]["restored"] >= 1


@pytest.mark.full
def test_defects_are_killed_over_a_resource_of_each_shape(tmp_path: Path) -> None:
    """Selftest over the foreign standard kills a sample of defects as expected."""
    env = {**MEASURING, **_widgets(tmp_path / "standard")}
    chosen = [part for name in SAMPLE[:2] for part in ("--defect", name)]
    found = _sbw(env, tmp_path, "selftest", *chosen)
    assert [row["complaints"] for row in found["defects"]] == [[]] * 2


@pytest.mark.full
def test_the_full_matrix_is_the_same_for_a_sample() -> None:
    """Running every check for a defect finds what the selected checks found.

    An observer sees what others ask for, and so more of it where all of them run; the requirements
    that fail are the same, and so are the scenarios that fail them.
    """
    seeing = {check.id for check in catalog() if check.kind == "observer"}
    quick, whole = (
        [
            (kill.defect.id, kill.failed, [row for row in kill.by if row[0] not in seeing])
            for kill in Selftester(full=full).run(_sample(), whole=False).kills
        ]
        for full in (False, True)
    )
    assert quick == whole
    assert len(quick) == len(SAMPLE)
