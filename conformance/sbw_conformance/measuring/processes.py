"""A fleet of providers as a process that may be broken: what it says and lasts has bounds."""

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Timer
from typing import Any, Self


@dataclass
class Late:
    """Whether a process was ended because its time was over."""

    fired: bool = False


class Process:
    """A fleet that a command runs, for as long as the context lasts; its files go to a folder."""

    def __init__(self, command: Sequence[str], folder: str) -> None:
        self._command = [*command, "fleet"]
        self._environment = {**os.environ, "TMPDIR": folder}

    def __enter__(self) -> Self:
        self._stderr = tempfile.TemporaryFile()
        self._popen = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            env=self._environment,
            start_new_session=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self._popen.wait()
        for pipe in (self._popen.stdin, self._popen.stdout, self._stderr):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()

    def end(self) -> None:
        """End it now, with all that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGKILL)

    def rest(self) -> None:
        """Let it end as it does where there are no more orders."""
        self._popen.communicate()

    @property
    def gone(self) -> bool:
        """Whether it ended by itself."""
        return self._popen.poll() is not None

    def said(self) -> str:
        """What it wrote to stderr."""
        self._stderr.seek(0)
        return self._stderr.read().decode(errors="replace").strip()

    def ask(self, order: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Its answer to an order; nothing where it ends, or does not answer in time."""
        pipes = self._popen.stdin, self._popen.stdout
        with self.ending_after(seconds), suppress(BrokenPipeError, ValueError):
            if pipes[0] is not None and pipes[1] is not None:
                pipes[0].write(json.dumps(order) + "\n")
                pipes[0].flush()
                found: dict[str, Any] = json.loads(pipes[1].readline())
                return found
        return {}

    def ending_after(self, seconds: float) -> "Bound":
        """A context that ends the process where it lasts longer."""
        return Bound(self.end, seconds)


class Bound:
    """Calls a function where a context lasts longer than it may."""

    def __init__(self, end: Callable[[], None], seconds: float) -> None:
        self.late = Late()
        self._end = end
        self._timer = Timer(seconds, self._fire)

    def _fire(self) -> None:
        self.late.fired = True
        self._end()

    def __enter__(self) -> Late:
        self._timer.start()
        return self.late

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
