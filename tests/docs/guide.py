"""The guide as a program: its commands, and what they print.

`python tests/docs/guide.py` runs the commands of docs/first-green-run.md again and writes what
they print now into it.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "first-green-run.md"
VENDOR = Path("docs") / "example-vendor"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INSTALLING = ("python3 -m venv", ". .venv/bin/activate", "pip install")
ELISION = "..."
WITHIN = 300
"""Seconds for all of it, on a machine that has other things to do; by itself it takes 30."""


@dataclass(frozen=True)
class Step:
    """A command of the guide and what it prints there; paragraphs that are `...` stand for any."""

    command: str
    printed: str

    @property
    def installs(self) -> bool:
        """Whether it sets up what a test has already."""
        return self.command.startswith(INSTALLING)


def fences(text: str, language: str) -> Iterator[str]:
    """Contents of the fenced blocks in a language."""
    for found in FENCE.finditer(text):
        if found[1] == language:
            yield found[2]


def steps(text: str) -> list[Step]:
    """The commands of the guide in their order."""
    found = []
    for block in fences(text, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = part.partition("\n")
            found.append(Step(command, printed))
    return found


class Shell:
    """A shell of its own in a folder, with an empty environment; it remembers like a person's."""

    def __init__(self, folder: Path, programs: Sequence[Path]) -> None:
        self._folder = folder
        self._path = os.pathsep.join([*map(str, programs), os.environ["PATH"]])

    def __enter__(self) -> Self:
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self._folder,
            env={"PATH": self._path, "HOME": str(self._folder), "LANG": "C.UTF-8"},
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._shell.kill()
        self._shell.communicate()

    def run(self, command: str) -> tuple[str, int]:
        """What a command prints, and its exit code; `$?` of the next one is that of this one."""
        if self._shell.stdin is None or self._shell.stdout is None:
            raise RuntimeError("the shell has no pipes")
        self._shell.stdin.write(f"{command}\ncode=$?; echo; echo done: $code; (exit $code)\n")
        self._shell.stdin.flush()
        lines = []
        for line in self._shell.stdout:
            if found := re.fullmatch(r"done: (\d+)\n", line):
                return "".join(lines)[:-1], int(found[1])
            lines.append(line)
        raise RuntimeError(f"the shell ended at {command}: {''.join(lines)}")


def alike(text: str) -> str:
    """A text without what differs from run to run: numbers, names of runs and of folders."""
    text = re.sub(r"\br[0-9a-f]{10}(?![0-9a-f])", "RUN", text)
    text = re.sub(r"(?<![A-Z]-)(?<![A-Za-z0-9.])\d+(\.\d+)*", "N", text)
    return re.sub(r"\s+\n", "\n", text).strip()


def paragraphs(text: str) -> list[str]:
    """The paragraphs of what a command prints."""
    return [part.strip("\n") for part in re.split(r"\n{2,}", text.strip("\n")) if part.strip()]


def fits(printed: str, shown: str) -> bool:
    """Whether the guide shows what a command prints, but for what it elides."""
    pattern, gap = "", False
    for part in paragraphs(shown):
        if part == ELISION:
            gap = True
            continue
        pattern += ("(.*\n\n)?" if gap else "") + re.escape(alike(part)) + "\n\n"
        gap = False
    pattern += ".*" if gap else ""
    whole = "".join(f"{alike(part)}\n\n" for part in paragraphs(printed))
    return re.fullmatch(pattern, whole, re.DOTALL) is not None


def renewed(shown: str, printed: str) -> str:
    """The paragraphs that the guide shows, as they are printed now.

    The first one stays the first; the others are found by what they begin with: outcome,
    requirement and check.
    """
    if not shown.strip():
        return ""
    now, before = paragraphs(printed), paragraphs(shown)
    if ELISION not in before:
        return "\n\n".join(now) + "\n"
    kept = [now[0]]
    for part in before[1:]:
        begins = part.split()[:3]
        found = [other for other in now if other.split()[: len(begins)] == begins]
        if part != ELISION and not found:
            there = "\n".join(other.splitlines()[0] for other in now)
            told = f"Nothing that is printed begins with {' '.join(begins)}. What is printed:"
            raise SystemExit(f"{told}\n{there}")
        kept.append(part if part == ELISION else found[0])
    return "\n\n".join(kept) + "\n"


def copied(folder: Path) -> None:
    """Copy the example vendor into a folder, where the guide expects it."""
    for source in sorted((ROOT / VENDOR).rglob("*")):
        place = folder / source.relative_to(ROOT)
        if source.is_file() and source.suffix in {".py", ".patch", ".yaml"}:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(source.read_bytes())


def main() -> None:
    """Write what the commands print now into the guide."""
    text = GUIDE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        copied(Path(name))
        with Shell(Path(name), [Path(sys.executable).parent]) as shell:
            position = 0
            for step in steps(text):
                if step.installs:
                    continue
                printed, _ = shell.run(step.command)
                old = f"$ {step.command}\n{step.printed}"
                new = f"$ {step.command}\n{renewed(step.printed, printed)}"
                position = text.index(old, position)
                text = text[:position] + new + text[position + len(old) :]
                position += len(new)
    GUIDE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
