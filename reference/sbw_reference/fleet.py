"""Many apps in one process, started and stopped by lines of JSON."""

import asyncio
import contextlib
import json
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from threading import Thread
from typing import Any, Protocol, TextIO

from sbw_reference import declared_files, server
from sbw_reference.behaviour import Behaviour
from sbw_reference.errors import UsageError
from sbw_reference.server import Running, Settings
from sbw_validator.errors import SBWError


class Counter(Protocol):
    """Counts how often a defect showed."""

    @property
    def count(self) -> int:
        """Return the number so far."""


class Composed(Protocol):
    """A behaviour and the counter of its defect."""

    @property
    def behaviour(self) -> Behaviour:
        """Return the behaviour."""

    @property
    def counter(self) -> Counter:
        """Return the counter."""


Choose = Callable[[str | None, str | None], Composed]
TAKES = {
    "name": str,
    "defect": str,
    "variant": str,
    "classes": list,
    "declare": dict,
    "seed_data": int,
    "db": str,
    "in_turn": bool,
    "stop": str,
}


@dataclass(frozen=True, eq=False)
class Member:
    """One app of the fleet, the task that serves it, and how often its defect showed."""

    running: Running
    task: asyncio.Task[None]
    counter: Counter


class Fleet:
    """The apps by name; `choose` gives the behaviour of a defect and a variant."""

    def __init__(self, choose: Choose) -> None:
        self.choose = choose
        self.members: dict[str, Member] = {}

    async def obey(self, line: str) -> dict[str, Any]:
        """Start or stop an app as a line says; return what to answer."""
        name = None
        try:
            order = parsed(line)
            name = order.get("stop", order.get("name"))
            if "stop" in order:
                return await self.stop(order["stop"])
            return self.start(order)
        except (UsageError, SBWError) as error:
            return {"name": name, "error": str(error)}
        except Exception as error:  # noqa: BLE001 - the other apps go on
            traceback.print_exc(file=sys.stderr)
            return {"name": name, "error": f"The provider failed: {error!r}"}

    def start(self, order: dict[str, Any]) -> dict[str, Any]:
        """Start an app and return its ready line."""
        name = order.get("name", "")
        if not name or name in self.members:
            raise UsageError(f"An app of the fleet needs a name that is free, not {name!r}.")
        composed = self.choose(order.get("defect"), order.get("variant"))
        classes = order.get("classes")
        settings = Settings(
            name=name,
            classes=tuple(map(str, classes)) if classes is not None else None,
            database=order.get("db"),
            seed_data=order.get("seed_data", 0),
            declares=declared_files.checked(order["declare"]) if "declare" in order else None,
            in_turn=order.get("in_turn", False),
        )
        running = server.start(settings, composed.behaviour)
        task = asyncio.get_running_loop().create_task(running.serve())
        self.members[name] = Member(running, task, composed.counter)
        return running.to_json()

    async def stop(self, name: str) -> dict[str, Any]:
        """Stop an app and return how often its defect showed."""
        if name not in self.members:
            raise UsageError(f"No app of the fleet is named {name!r}.")
        member = self.members.pop(name)
        member.running.stop()
        await member.task
        return {"name": name, "stopped": True, "firings": member.counter.count}

    async def close(self) -> None:
        """Stop all apps."""
        for member in self.members.values():
            member.running.stop()
        await asyncio.gather(*(member.task for member in self.members.values()))


def parsed(line: str) -> dict[str, Any]:
    """Return the order of a line without its nulls; UsageError if it is none."""
    try:
        order = json.loads(line)
    except ValueError as error:
        raise UsageError(f"A line of the fleet is one JSON object ({error}).") from error
    if not isinstance(order, dict):
        raise UsageError("A line of the fleet is one JSON object.")
    for name, value in order.items():
        if name not in TAKES or not isinstance(value, TAKES[name] | None):
            takes = ", ".join(f"{key} ({kind.__name__})" for key, kind in TAKES.items())
            raise UsageError(f"The fleet cannot use {name!r} of that line; it takes {takes}.")
    return {name: value for name, value in order.items() if value is not None}


async def run(orders: TextIO, choose: Choose) -> None:
    """Obey lines until there are no more or a signal comes; answer each with a line, in order."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue()

    def forward() -> None:
        with contextlib.suppress(RuntimeError):  # The loop is closed: a signal was faster.
            for line in orders:
                loop.call_soon_threadsafe(lines.put_nowait, line)
            loop.call_soon_threadsafe(lines.put_nowait, None)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lines.put_nowait, None)
    Thread(target=forward, daemon=True).start()
    fleet = Fleet(choose)
    try:
        while (line := await lines.get()) is not None:
            if line.strip():
                sys.stdout.write(json.dumps(await fleet.obey(line)) + "\n")
                sys.stdout.flush()
    finally:
        await fleet.close()
