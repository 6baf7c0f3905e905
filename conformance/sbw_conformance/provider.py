"""The reference provider as a process of its own: one provider, a fleet, or its defect data."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import IO, Any, NoReturn, Self

from sbw_conformance.target import Credentials, Target

MODULE = "sbw_reference"
MINIATURE = "sbw_miniature"
"""A second provider, by another hand."""


class ProviderError(Exception):
    """The reference provider did not start or does not answer; the message is its own."""


@dataclass(frozen=True)
class Defect:
    """A seeded defect of the reference provider.

    `expects` names the requirements that have to fail, its own first; `operations` those it acts
    on, "*" for all, each also narrowed as `Exchange.touched` writes it; `types` the resources that
    it is about, none for all. A `parallel` one shows only where a provider answers several requests
    at the same time.
    """

    id: str
    title: str
    expects: tuple[str, ...]
    operations: frozenset[str]
    reason: str | None = None
    types: frozenset[str] = frozenset()
    parallel: bool = False

    def touches(self, operations: frozenset[str]) -> bool:
        """Whether it acts on one of these operations."""
        return "*" in self.operations or not self.operations.isdisjoint(operations)


@cache
def defects() -> tuple[Defect, ...]:
    """All defects, asked from the reference provider, in the order of their ids."""
    rows = _listed("defects")
    return tuple(
        Defect(
            row["id"],
            row["title"],
            tuple(row["expects"]),
            frozenset(row["operations"]),
            row.get("reason"),
            frozenset(row.get("types") or ()),
            bool(row.get("parallel")),
        )
        for row in sorted(rows, key=lambda row: str(row["id"]))
    )


@cache
def variants() -> Mapping[str, str]:
    """Correct providers that use the freedoms of the standard: their titles by id."""
    return {str(row["id"]): str(row["title"]) for row in _listed("variants")}


def _listed(what: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", MODULE, what, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ProviderError(done.stderr.strip() or f"the reference provider names no {what}")
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def target_of(ready: Mapping[str, Any]) -> Target:
    """The target that a line of a provider, ready to be judged, describes."""
    clients = {}
    for role, entry in ready["clients"].items():
        known = {name: entry.get(name) for name in ("token", "client_id", "client_secret")}
        clients[role] = Credentials(**known)
        for scope, token in entry.get("scoped", {}).items():
            clients[f"{role}.{scope}"] = Credentials(token=token)
    return Target(ready["url"].rstrip("/"), clients)


class Reference:
    """One reference provider on a free loopback port, for as long as the context lasts."""

    module = MODULE

    def __init__(self, *arguments: str) -> None:
        self._arguments = ("serve", *arguments)
        self.target: Target

    def __enter__(self) -> Self:
        self._process = _Process.start(self.module, *self._arguments, "--ready-json")
        try:
            self.target = target_of(self._process.read())
        except BaseException:
            self._process.end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.end()


class Miniature(Reference):
    """The second provider, which another hand wrote from the text and the schemas alone."""

    module = MINIATURE

    def __init__(self) -> None:
        self._arguments = ()
        self.target: Target


class Fleet:
    """Many reference providers in one process, each with a store of its own."""

    def __enter__(self) -> Self:
        self._process = _Process.start(MODULE, "fleet")
        self._lock = threading.Lock()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.end()

    def start(self, name: str, **what: Any) -> Target:
        """Start a provider, with a defect or a variant where `what` says so.

        With `in_turn` it answers one request after another, which takes less work.
        """
        return target_of(self._ask({"name": name, **what}))

    def stop(self, name: str) -> int:
        """Stop a provider; gives how often its defect came into effect."""
        return int(self._ask({"stop": name})["firings"])

    def _ask(self, line: Mapping[str, Any]) -> dict[str, Any]:
        with self._lock:
            self._process.write(line)
            answer = self._process.read()
        if "error" in answer:
            raise ProviderError(str(answer["error"]))
        return answer


@dataclass
class _Process:
    """A provider process; what it says on stderr goes to a file, so that it never has to wait."""

    popen: subprocess.Popen[str]
    stderr: IO[bytes]

    @classmethod
    def start(cls, module: str, *arguments: str) -> Self:
        stderr = tempfile.TemporaryFile()  # noqa: SIM115  # closed by end()
        popen = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            start_new_session=True,
        )
        return cls(popen, stderr)

    def write(self, value: Mapping[str, Any]) -> None:
        if self.popen.stdin is None:
            raise ProviderError("the reference provider has no input")
        self.popen.stdin.write(json.dumps(value) + "\n")
        self.popen.stdin.flush()

    def read(self) -> dict[str, Any]:
        line = self.popen.stdout.readline() if self.popen.stdout else ""
        if not line:
            self.popen.wait(10)
            self.stderr.seek(0)
            said = self.stderr.read().decode(errors="replace").strip()
            raise ProviderError(said or "the reference provider ended without a word")
        found: dict[str, Any] = json.loads(line)
        return found

    def end(self) -> None:
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(10)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        for pipe in (self.popen.stdin, self.popen.stdout, self.stderr):
            if pipe is not None:
                pipe.close()


def serve(arguments: Sequence[str]) -> NoReturn:
    """Run the reference provider in place of this process, so that signals reach it."""
    command = [sys.executable, "-m", MODULE, "serve", *arguments]
    os.execv(command[0], command)  # noqa: S606  # no shell is wanted
