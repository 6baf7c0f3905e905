"""Files that may hold documents: what a name on the command line leads to."""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sbw_validator.errors import UnreadableDocumentError

SUFFIXES = (".json", ".ndjson", ".jsonl", ".yaml", ".yml")
KINDS = {
    stat.S_IFIFO: "it is a pipe",
    stat.S_IFSOCK: "it is a socket",
    stat.S_IFCHR: "it is a device",
    stat.S_IFBLK: "it is a device",
    stat.S_IFDIR: "it is a folder",
}
PIPED = "Send what it holds through standard input: `sbw validate -`."


@dataclass(frozen=True, slots=True)
class Unfollowed:
    """A symbolic link inside a folder that leads to a folder: it might lead in a circle."""

    path: Path


Found = Path | Unfollowed | UnreadableDocumentError


def find_files(source: str | Path) -> Iterator[Found]:
    """Yield the files to read for a name: itself, or those in the folder that it is.

    A folder is walked in the order of names, the names of one folder at a time in memory, only
    for SUFFIXES; links to folders are not followed. What cannot be walked is yielded as an error,
    and so is a folder that holds nothing to read.
    """
    if not str(source):
        yield UnreadableDocumentError("''", "a name is empty", "Is there a variable without value?")
        return
    path = Path(source)
    if not leads_to_folder(path):
        yield path
        return
    fruitless = True
    for found in _walk(path):
        fruitless = fruitless and isinstance(found, Unfollowed)
        yield found
    if fruitless:
        reason = f"it holds no {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} file"
        yield UnreadableDocumentError(str(path), reason, "Name another folder, or the file itself.")


def _walk(folder: Path) -> Iterator[Found]:
    pending = [_entries(folder)]
    while pending:
        found = next(pending[-1], None)
        if found is None:
            pending.pop()
        elif isinstance(found, _Folder):
            pending.append(_entries(found.path))
        else:
            yield found


@dataclass(frozen=True, slots=True)
class _Folder:
    path: Path


def _entries(folder: Path) -> Iterator[Found | _Folder]:
    """Yield what is in a folder and may be read, in the order of names."""
    kinds: dict[str, type[Path | Unfollowed | _Folder]] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                kind = _kind(entry)
                if kind is not None:
                    kinds[entry.name] = kind
    except OSError as error:
        yield unreadable(str(folder), error)
    for name in sorted(kinds):
        yield kinds[name](folder / name)


def _kind(entry: os.DirEntry[str]) -> type[Path | Unfollowed | _Folder] | None:
    if entry.is_dir(follow_symlinks=False):
        return _Folder
    if entry.is_symlink() and leads_to_folder(entry):
        return Unfollowed
    return Path if entry.name.lower().endswith(SUFFIXES) else None


def leads_to_folder(path: str | os.PathLike[str]) -> bool:
    """Say whether a path is that of a folder, links followed; no if that cannot be known."""
    return os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises for a path too long


def open_file(path: Path) -> BinaryIO:
    """Open a regular file to read bytes; UnreadableDocumentError for whatever else it is.

    Opening a pipe would wait for a writer, and a device may never end.
    """
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
        if kind != stat.S_IFREG:
            advice = PIPED if kind != stat.S_IFDIR else "Name the files in it."
            raise UnreadableDocumentError(str(path), KINDS.get(kind, "it is no file"), advice)
        return path.open("rb")
    except OSError as error:
        raise unreadable(str(path), error) from None


def unreadable(name: str, error: OSError) -> UnreadableDocumentError:
    """Return what to say of a file that the system does not let us read."""
    leads = {errno.ENOENT: "nowhere", errno.ELOOP: "in a circle"}.get(error.errno or 0)
    if leads and Path(name).is_symlink():
        reason = f"it is a symbolic link that leads {leads}"
        return UnreadableDocumentError(name, reason, "Remove the link, or mend it.")
    return UnreadableDocumentError(name, error.strerror or str(error))
