"""What the suite made, written down before it is asked for, and taken away at the end."""

import fcntl
import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import IO, Any

from sbw_validator.standard import Resource

FOR_GOOD = "the standard keeps such records"
"""Why a trace stays that nobody is to take away."""


UNKNOWN = "the standard that this is run with has no such resource"
"""Why a trace stays that another version of the standard left."""


@dataclass(frozen=True)
class Trace:
    """One record that the suite made or meant to make.

    `external_id` is the id under the suite's app, `record_id` what the provider answered, None as
    long as that is not known. `restore` is the old value of a singleton. `unseen` says why it could
    not be looked up whether a planned record is there. Of one that was `refused` the provider said
    that it was not made.
    """

    resource: str
    client: str
    external_ids: tuple[str, ...] = ()
    record_id: str | None = None
    restore: dict[str, Any] | None = None
    unseen: str | None = None
    refused: bool = False

    @property
    def known(self) -> bool:
        """Whether it was certainly there."""
        return self.record_id is not None or self.restore is not None

    @property
    def doubt(self) -> str:
        """What is said of one that is not known."""
        return f"not known whether it was made: {self.unseen or 'there is no list to look it up'}"

    @property
    def name(self) -> str:
        """What it is called where people read of it."""
        return self.record_id or ", ".join(self.external_ids) or self.resource


@dataclass
class Journal:
    """An append-only file of what the suite makes; it survives a run that is killed.

    The file begins with a line that says which run it is of (`about`), and is locked while it is
    open. Without a `path` everything is kept in memory.
    """

    path: Path | None = None
    about: Mapping[str, str] = field(default_factory=dict)
    _traces: dict[tuple[str, str], Trace] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _file: IO[str] | None = None
    _closed: bool = False

    def planned(self, resource: Resource, client: str, external_id: str) -> None:
        """Note a create that is about to be sent."""
        self._note("planned", resource, client, external_id=external_id)

    def made(self, resource: Resource, client: str, record_id: str, *external_ids: str) -> None:
        """Note a record that was made, in place of what was planned for it."""
        self._note("made", resource, client, record_id=record_id, external_ids=external_ids)

    def refused(self, resource: Resource, client: str, *external_ids: str) -> None:
        """Note that the provider refused to make a record."""
        self._note("refused", resource, client, external_ids=external_ids)

    def gone(self, resource: Resource, record_id: str) -> None:
        """Note that a record was deleted."""
        self._note("gone", resource, "", record_id=record_id)

    def changed(self, resource: Resource, client: str, restore: dict[str, Any]) -> None:
        """Note the old value of a singleton that is about to be changed."""
        self._note("changed", resource, client, restore=restore)

    def open(self) -> list[Trace]:
        """What is still there, latest first."""
        with self._lock:
            return list(reversed(self._traces.values()))

    def close(self, *, finished: bool) -> None:
        """Close the file, and remove it where nothing is left of the run."""
        with self._lock:
            self._closed = True
            if finished and self.path is not None:
                self.path.unlink(missing_ok=True)
            if self._file is not None:
                self._file.close()
                self._file = None

    def take(self, event: Mapping[str, Any]) -> None:
        """Bring what is there up to an event; KeyError for one that lacks a member."""
        kind, client = event["resource"], event["client"]
        match event["event"]:
            case "planned":
                mark = event["external_id"]
                self._traces.setdefault((kind, mark), Trace(kind, client, (mark,)))
            case "made":
                marks = tuple(event["external_ids"])
                for mark in marks:
                    self._traces.pop((kind, mark), None)
                key = (kind, f"#{event['record_id']}")
                self._traces[key] = Trace(kind, client, marks, event["record_id"])
            case "refused":
                for mark in event["external_ids"]:
                    if (kind, mark) in self._traces:
                        old = self._traces[kind, mark]
                        self._traces[kind, mark] = replace(old, refused=True)
            case "gone":
                self._traces.pop((kind, f"#{event['record_id']}"), None)
            case "changed":
                known = Trace(kind, client, restore=event["restore"])
                self._traces.setdefault((kind, ""), known)

    def adopt(self, file: IO[str]) -> None:
        """Go on with a file that is open at its end, and locked."""
        self._file = file

    def _note(self, what: str, resource: Resource, client: str, **values: Any) -> None:
        event = {"event": what, "resource": resource.type, "client": client, **values}
        with self._lock:
            if self.path is not None and not self._closed:
                self._write(self.path, event)
            self.take(event)

    def _write(self, path: Path, event: Mapping[str, Any]) -> None:
        if self._file is None:
            self._file = path.open("a", encoding="utf-8")
            lock(self._file)
            self._file.write(json.dumps({"event": "run", **self.about}) + "\n")
        self._file.write(json.dumps(event) + "\n")
        self._file.flush()


def lock(file: IO[str]) -> None:
    """Mark a file as being written, for as long as it is open or its process lives."""
    with suppress(OSError):  # not every file system has locks
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@dataclass(frozen=True)
class Cleanup:
    """What became of what the suite made; `kept` names each trace that is left and why.

    `gone` holds the traces that were taken away or put back, `left` counts those that nobody tried
    to take away.
    """

    removed: int = 0
    restored: int = 0
    kept: tuple[Mapping[str, str], ...] = ()
    gone: tuple[Trace, ...] = ()
    left: int = 0

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do: what the standard keeps is no one's to take away."""
        return not self.left and all(trace["reason"] == FOR_GOOD for trace in self.kept)

    def to_json(self) -> dict[str, Any]:
        """As the event stream holds it."""
        return {"removed": self.removed, "restored": self.restored, "kept": list(self.kept)}


def order(resources: Mapping[str, Resource]) -> list[str]:
    """Resource types in the order in which their records are taken away."""
    ordered: list[str] = []

    def visit(name: str) -> None:
        if name in ordered or name not in resources:
            return
        for earlier in resources[name].disposal.after:
            visit(earlier)
        ordered.append(name)

    for name in resources:
        visit(name)
    return ordered


Dispose = Callable[[Resource, Trace], str | None]
"""Takes one trace away and answers None, or says why it stays."""

Look = Callable[[Resource, list[Trace]], list[Trace]]
"""Says which of the planned records are there, with their ids."""

Sweep = Callable[[Resource, list[Trace]], list[Trace]]
"""Takes many traces away at once and gives those that are left."""

Every = Callable[[Callable[[Trace], str | None], list[Trace]], list[str | None]]
"""Maps a function over traces, in parallel where it likes."""


def clean(  # noqa: PLR0913, PLR0917  # each says how one thing is done
    journal: Journal,
    resources: Mapping[str, Resource],
    look: Look,
    dispose: Dispose,
    every: Every,
    sweep: Sweep = lambda _, traces: traces,
) -> Cleanup:
    """Take away what the journal still holds, resource by resource in dependency order."""
    gone: list[Trace] = []
    left = 0
    traces = journal.open()
    kept: list[Mapping[str, str]] = [
        {"resource": trace.resource, "record": trace.name, "reason": UNKNOWN}
        for trace in traces
        if trace.resource not in resources
    ]
    for name in order(resources):
        resource = resources[name]
        found = there([trace for trace in traces if trace.resource == name], resource, look)
        known = [trace for trace in found if trace.known or not trace.refused]
        left += sum(t.refused and not t.known and t.unseen is not None for t in found)
        reasons = _disposed(known, sweep(resource, known), partial(dispose, resource), every)
        for trace, reason in zip(known, reasons, strict=True):
            if reason is None:
                gone.append(trace)
            else:
                kept.append({"resource": name, "record": trace.name, "reason": reason})
    restored = sum(trace.restore is not None for trace in gone)
    return Cleanup(len(gone) - restored, restored, tuple(kept), tuple(gone), left)


def there(traces: list[Trace], resource: Resource, look: Look) -> list[Trace]:
    """The traces of a resource that are there; what was only planned is looked up."""
    known = [trace for trace in traces if trace.known]
    planned = [trace for trace in traces if not trace.known]
    ids = {trace.record_id for trace in known}
    found = look(resource, planned) if planned else []
    return known + [
        trace for trace in found if trace.record_id is None or trace.record_id not in ids
    ]


def _disposed(
    known: list[Trace], left: list[Trace], dispose: Callable[[Trace], str | None], every: Every
) -> list[str | None]:
    """Why each trace is still there, None for those that are gone.

    What stays because others refer to it is tried again as long as some of the others go.
    """
    why: dict[int, str] = {}
    while left:
        reasons = every(dispose, left)
        why = {id(trace): why for trace, why in zip(left, reasons, strict=True) if why is not None}
        still = [trace for trace in left if id(trace) in why]
        if len(still) == len(left):
            break
        left = still
    return [why.get(id(trace)) for trace in known]
