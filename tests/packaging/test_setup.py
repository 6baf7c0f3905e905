"""Set-up and CI do what the pages and the other files say of them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PAGES = sorted(ROOT.glob("*.md"))
FENCE = re.compile(r"^```(?:console|bash|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[list[str]]:
    """Return the words of each `sbw` and `make` command in a page's console fences."""
    lines = "\n".join(FENCE.findall(page.read_text(encoding="utf-8"))).splitlines()
    words = [line.removeprefix("$ ").split() for line in lines]
    return [line for line in words if line[:1] in (["sbw"], ["make"])]


def run(*command: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a command as a user's shell would, in plain English."""
    env = {**os.environ, "LC_ALL": "C", "MAKEFLAGS": "", "MAKELEVEL": ""}
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=cwd, env=env)


def test_the_readme_shows_both_commands() -> None:
    """A newcomer finds how to run and how to test within the first page."""
    shown = commands(ROOT / "README.md")
    assert ["make", "conformance"] in shown
    assert ["make", "test"] in shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_on_a_page_exists(page: Path) -> None:
    """`sbw X --help` answers and `make X` has a rule, for every X in a console fence."""
    for program, name, *_ in {tuple(words[:2]) for words in commands(page) if len(words) > 1}:
        if name.startswith("-") or "=" in name:
            continue
        asked = [BIN / "sbw", name, "--help"] if program == "sbw" else ["make", "--dry-run", name]
        done = run(*asked)
        assert done.returncode == 0, f"{program} {name}: {done.stderr}"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a folder in which nothing is set up yet."""
    for name in ["Makefile", "pyproject.toml"]:
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def fake_python(folder: Path, script: str) -> Path:
    """Write a program that answers as a Python would that lacks something."""
    program = folder / "fake-python"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


OLD = 'case "$*" in *version_info*) exit 1;; *) echo Python 3.9.2;; esac'
BARE = 'case "$*" in *ensurepip*) exit 1;; *) exit 0;; esac'


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (OLD, "is Python 3.9.2, but Python 3.11 or newer is needed"),
        (BARE, "has no venv or ensurepip module; on Debian and Ubuntu: apt-get install"),
    ],
)
def test_make_says_what_is_wrong_with_a_python(clone: Path, script: str, sentence: str) -> None:
    """The first sentence on stderr names the fault, and nothing was made."""
    done = run("make", f"PYTHON={fake_python(clone, script)}", cwd=clone)
    assert done.returncode != 0
    assert sentence in done.stderr.splitlines()[0]
    assert not (clone / ".venv").exists()


def test_make_says_that_there_is_no_python(clone: Path) -> None:
    """A name that is no program is told back."""
    done = run("make", "PYTHON=no-such-python", cwd=clone)
    assert done.returncode != 0
    assert done.stderr.startswith("error: there is no no-such-python here")


@pytest.mark.parametrize("target", ["conformance", "test"])
def test_make_sets_up_once(clone: Path, target: str) -> None:
    """Where the stamps are newer than pyproject.toml nothing is installed again."""
    (clone / ".venv").mkdir()
    for stamp in ["installed", "installed-dev"]:
        (clone / ".venv" / stamp).touch()
    again = run("make", "--dry-run", target, cwd=clone)
    assert "pip" not in again.stdout
    old = (clone / ".venv" / "installed").stat().st_mtime - 60
    os.utime(clone / ".venv" / "installed", (old, old))
    assert "pip" in run("make", "--dry-run", target, cwd=clone).stdout


def test_ci_and_make_know_every_session() -> None:
    """CI runs all nox sessions but `full`; make has a target for each."""
    noxfile = (ROOT / "noxfile.py").read_text()
    sessions = set(re.findall(r"^@nox\.session\ndef (\w+)", noxfile, re.MULTILINE))
    ci = (ROOT / ".ci" / "run").read_text()
    [others] = re.findall(r"^for name in (.+); do$", ci, re.MULTILINE)
    assert {"tests", *others.split()} == sessions - {"full"}
    for session in sessions:
        assert run("make", "--dry-run", session).returncode == 0


def test_actions_are_pinned_by_digest() -> None:
    """A tag of somebody else's action may move; a digest may not."""
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    uses = re.findall(r"uses: (\S+)", "\n".join(file.read_text() for file in workflows))
    assert uses != []
    assert [use for use in uses if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", use)] == []
