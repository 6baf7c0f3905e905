"""Journals that runs left in a folder: of which run and target, and what they hold."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sbw_conformance.cleanup import Journal, lock
from sbw_conformance.target import ConfigurationError

PATTERN = "journal-*.ndjson"
MEMBERS = ("run", "target", "standard", "started_at")
"""What the first line of a journal says."""

HINT = "A journal is written by `sbw test` beside its reports, as journal-<run>.ndjson."


@dataclass(frozen=True)
class Left:
    """A journal that a run left: `about` is its first line, empty where nothing was written."""

    path: Path
    about: Mapping[str, str]

    @property
    def target(self) -> str:
        """Base URL that the run was against."""
        return self.about.get("target", "")

    @property
    def run(self) -> str:
        """Id of the run."""
        return self.about.get("run", "")


def journals_in(folder: Path) -> list[Left]:
    """The journals of a folder that no run is at work with, in the order of their names.

    ConfigurationError for a file that has the name of a journal and is none.
    """
    return [Left(path, _about(path)) for path in sorted(folder.glob(PATTERN)) if not _busy(path)]


def journal_at(path: Path) -> Left:
    """The journal in a file; ConfigurationError for what is none, or is being written."""
    if not path.is_file():
        raise ConfigurationError(f"{path}: there is no such file.", HINT)
    if _busy(path):
        raise ConfigurationError(
            f"{path}: a run is at work with it.", "It removes what it made when it ends."
        )
    return Left(path, _about(path))


def notice(folder: Path) -> str | None:
    """What to say of runs that did not finish, in a folder that gets new reports; None of none."""
    found: dict[str, list[Left]] = {}
    for path in sorted(folder.glob(PATTERN)):
        try:
            left = journal_at(path)
        except ConfigurationError:
            continue
        if left.target:
            found.setdefault(left.target, []).append(left)
    if not found:
        return None
    said = [
        f"{len(runs)} earlier run{'s' if len(runs) > 1 else ''} against {target} left records "
        f"behind (journals in {folder}); `sbw clean {target}{_option(folder)}` removes them."
        for target, runs in found.items()
    ]
    return "\n".join(said)


def resumed(left: Left) -> Journal:
    """The journal, open to go on with: what it holds is what was there when its run ended.

    A last line that was cut off is taken away. ConfigurationError for a line that is none of a
    journal.
    """
    journal = Journal(left.path, left.about)
    for number, event in _events(left.path):
        if number == 1:
            continue
        try:
            journal.take(event)
        except (KeyError, TypeError):
            raise _foreign(left.path, number) from None
    whole = left.path.read_bytes()
    file = left.path.open("r+", encoding="utf-8")
    lock(file)
    file.truncate(whole.rfind(b"\n") + 1)
    file.seek(0, os.SEEK_END)
    journal.adopt(file)
    return journal


def _option(folder: Path) -> str:
    return "" if str(folder) == "sbw-report" else f" --out {folder}"


def _about(path: Path) -> dict[str, str]:
    for _, event in _events(path):
        if event.get("event") != "run" or not all(isinstance(event.get(m), str) for m in MEMBERS):
            raise ConfigurationError(
                f"{path}, line 1: this does not say of which run and target the journal is.", HINT
            )
        return {name: event[name] for name in MEMBERS}
    return {}


def _events(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line numbers and events of a file, without a last line that was cut off."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.", HINT) from None
    whole, _, _ = text.rpartition("\n")
    for number, line in enumerate(whole.split("\n") if whole else (), 1):
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            raise _foreign(path, number) from None
        if not isinstance(event, dict):
            raise _foreign(path, number)
        yield number, event


def _foreign(path: Path, number: int) -> ConfigurationError:
    return ConfigurationError(f"{path}, line {number}: this is no line of a journal.", HINT)


def _busy(path: Path) -> bool:
    """Whether a process has a journal open."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
