"""The guide "Your first green run": what it tells a vendor to do, done."""

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from tests.docs.guide import (
    GUIDE,
    ROOT,
    VENDOR,
    WITHIN,
    Shell,
    Step,
    alike,
    copied,
    fences,
    fits,
    steps,
)

TEXT = GUIDE.read_text(encoding="utf-8")
STEPS = steps(TEXT)
FIXES = sorted((ROOT / VENDOR / "fixes").glob("*.patch"))
RESULT = re.compile(r"^(FAIL|WARN) ([A-Z0-9-]+)  (\S+)", re.MULTILINE)
MOST_LINES = 200

pytestmark = pytest.mark.timeout(WITHIN)


def results(printed: str) -> set[tuple[str, str, str]]:
    """Outcome, requirement and check of what a summary shows."""
    return {(found[1], found[2], found[3]) for found in RESULT.finditer(printed)}


def follow(shell: Shell, wanted: list[Step]) -> list[str]:
    """Do the steps; each prints what the guide shows. Gives what the runs of the suite printed."""
    runs = []
    for step in wanted:
        printed, code = shell.run(step.command)
        assert fits(printed, step.printed), (
            f"$ {step.command}\nprints now\n{alike(printed)}\nwhere the guide shows\n"
            f"{alike(step.printed)}\n`python tests/docs/guide.py` writes it anew."
        )
        if step.command.startswith("sbw test"):
            assert code in {0, 1, 2, 4}, printed
            runs.append(printed)
        else:
            assert code == 0 or step.command == "echo $?", printed
    return runs


def judged(runs: list[str]) -> None:
    """From configuration over failures, each mended by the fix that is named for it, to green."""
    verdicts = [run.partition("\n")[0] for run in runs]
    assert verdicts[0].startswith("error: There is no token for client a1")
    assert verdicts[1:] == ["NOT CONFORMANT"] * len(FIXES) + ["INCOMPLETE", "CONFORMANT"]
    failing = [results(run) for run in runs[1:-1]]
    for fix, (before, after) in zip(FIXES, pairwise(failing), strict=True):
        requirement = "-".join(fix.name.split("-")[1:3]).upper()
        mended = {row[:2] for row in before - after}
        assert ("FAIL", requirement) in mended, f"{fix.name} mends {mended}"
    assert {row[0] for row in results(runs[-1])} == {"WARN"}


def test_the_guide_leads_to_a_green_run(tmp_path: Path) -> None:
    """In an empty environment its commands print what it shows and end in CONFORMANT.

    What it installs is what these tests run in; that it can be installed is a slower test.
    """
    copied(tmp_path)
    with Shell(tmp_path, [Path(sys.executable).parent]) as shell:
        judged(follow(shell, [step for step in STEPS if not step.installs]))


@pytest.mark.full
@pytest.mark.timeout(900)
def test_the_guide_can_be_followed_from_a_bare_python(tmp_path: Path) -> None:
    """Its first commands set up all that the others need, in a copy of the checkout."""
    archive = subprocess.run(["git", "archive", "HEAD"], check=True, capture_output=True, cwd=ROOT)
    subprocess.run(["tar", "-x"], check=True, input=archive.stdout, cwd=tmp_path)
    with Shell(tmp_path, []) as shell:
        for step in STEPS:
            if not step.installs:
                break
            printed, code = shell.run(step.command)
            assert code == 0, printed
        judged(follow(shell, [step for step in STEPS if not step.installs]))


def test_the_guide_shows_each_fix_as_it_is() -> None:
    """The differences that are read are the files that are applied, in the order of the files."""
    shown = [diff.rstrip() for diff in fences(TEXT, "diff")]
    assert shown == [fix.read_text(encoding="utf-8").rstrip() for fix in FIXES]
    applied = [step.command for step in STEPS if step.command.startswith("git apply")]
    assert applied == [f"git apply fixes/{fix.name}" for fix in FIXES]


def test_the_vendor_is_small() -> None:
    """What a guide is about has to be read in a few minutes."""
    assert len((ROOT / VENDOR / "app.py").read_text(encoding="utf-8").splitlines()) < MOST_LINES


@pytest.mark.parametrize(
    ("printed", "shown", "expected"),
    [
        ("FAIL A\n  in 3 s\n\nFAIL B\n", "FAIL A\n  in 4.5 s\n\nFAIL B\n", True),
        ("FAIL A\n\nFAIL B\n\nFAIL C\n", "FAIL A\n\n...\n\nFAIL C\n", True),
        ("FAIL A\n\nFAIL C\n", "FAIL A\n\n...\n\nFAIL C\n", True),
        ("FAIL A\n\nFAIL B\n", "FAIL A\n\n...\n", True),
        ("FAIL A\n\nFAIL B\n", "FAIL A\n", False),
        ("FAIL A\n\nFAIL B\n", "FAIL B\n", False),
        ("FAIL A\n  expected x\n", "FAIL A\n  expected y\n", False),
        ("FAIL CORE-041\n", "FAIL CORE-042\n", False),
        ("", "", True),
        ("error\n", "", False),
    ],
)
def test_what_is_printed_is_held_against_what_is_shown(
    printed: str, shown: str, *, expected: bool
) -> None:
    """Numbers may differ and whole paragraphs may be left out where the guide says so."""
    assert fits(printed, shown) is expected
