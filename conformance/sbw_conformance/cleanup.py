"""What the suite made, written down before it is asked for, and taken away at the end."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any

from sbw_validator.standard import Resource


@dataclass
class Trace:
    """One record that the suite made or meant to make.

    `external_id` is the id under the suite's app, `record_id` what the provider answered, None as
    long as that is not known. `restore` is the old value of a singleton.
    """

    resource: str
    client: str
    external_ids: tuple[str, ...] = ()
    record_id: str | None = None
    restore: dict[str, Any] | None = None


@dataclass
class Journal:
    """An append-only file of what the suite makes; it survives a run that is killed."""

    path: Path | None = None
    _traces: dict[tuple[str, str], Trace] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _file: IO[str] | None = None

    def planned(self, resource: Resource, client: str, external_id: str) -> None:
        """Note a create that is about to be sent."""
        self._note("planned", resource, client, external_id=external_id)
        with self._lock:
            key = (resource.type, external_id)
            self._traces.setdefault(key, Trace(resource.type, client, (external_id,)))

    def made(self, resource: Resource, client: str, record_id: str, *external_ids: str) -> None:
        """Note a record that was made, in place of what was planned for it."""
        self._note("made", resource, client, record_id=record_id, external_ids=external_ids)
        with self._lock:
            for external_id in external_ids:
                self._traces.pop((resource.type, external_id), None)
            self._traces[resource.type, f"#{record_id}"] = Trace(
                resource.type, client, external_ids, record_id
            )

    def gone(self, resource: Resource, record_id: str) -> None:
        """Note that a record was deleted."""
        self._note("gone", resource, "", record_id=record_id)
        with self._lock:
            self._traces.pop((resource.type, f"#{record_id}"), None)

    def changed(self, resource: Resource, client: str, restore: dict[str, Any]) -> None:
        """Note the old value of a singleton that is about to be changed."""
        self._note("changed", resource, client, restore=restore)
        with self._lock:
            key = (resource.type, "")
            self._traces.setdefault(key, Trace(resource.type, client, restore=restore))

    def open(self) -> list[Trace]:
        """What is still there, latest first."""
        with self._lock:
            return list(reversed(self._traces.values()))

    def close(self, *, finished: bool) -> None:
        """Close the file, and remove it where nothing is left of the run."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if finished and self.path is not None:
            self.path.unlink(missing_ok=True)

    def _note(self, what: str, resource: Resource, client: str, **values: Any) -> None:
        if self.path is None:
            return
        line = json.dumps({"event": what, "resource": resource.type, "client": client, **values})
        with self._lock:
            if self._file is None:
                self._file = self.path.open("a", encoding="utf-8")
            self._file.write(line + "\n")
            self._file.flush()


@dataclass(frozen=True)
class Cleanup:
    """What became of what the suite made; `kept` names each trace that is left and why."""

    removed: int = 0
    restored: int = 0
    kept: tuple[Mapping[str, str], ...] = ()

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
    removed = restored = 0
    kept: list[Mapping[str, str]] = []
    traces = journal.open()
    for name in order(resources):
        resource = resources[name]
        of_kind = [trace for trace in traces if trace.resource == name]
        known = [trace for trace in of_kind if trace.record_id or trace.restore is not None]
        if planned := [trace for trace in of_kind if trace not in known]:
            known = known + look(resource, planned)
        reasons = _disposed(known, sweep(resource, known), partial(dispose, resource), every)
        for trace, reason in zip(known, reasons, strict=True):
            if reason is not None:
                named = trace.record_id or ", ".join(trace.external_ids) or name
                kept.append({"resource": name, "record": named, "reason": reason})
            elif trace.restore is not None:
                restored += 1
            else:
                removed += 1
    return Cleanup(removed, restored, tuple(kept))


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
