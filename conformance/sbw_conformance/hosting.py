"""An ASGI or WSGI app of the vendor's own, served for one run by a process beside the suite."""

import json
import select
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Self, cast

from sbw_conformance.target import ConfigurationError

WITHIN = 30.0
"""Seconds that an app has to start."""

GRACE = 5.0
"""Seconds that it has to end."""


class Hosted:
    """The app that `spec` names (`module:attribute`) on a free loopback port, while it lasts.

    `folder` is where its modules are looked for and where it runs, the current folder if None.
    What it prints goes to the file `log`, or nowhere. `url` is there inside of the context;
    ConfigurationError where the app cannot be served, or does not start within `within` seconds.
    """

    url: str

    def __init__(
        self,
        spec: str,
        folder: Path | None = None,
        *,
        log: Path | None = None,
        within: float = WITHIN,
    ) -> None:
        self._spec = spec
        self._folder = folder
        self._log = log
        self._within = within

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            said = self._log.open("w+b") if self._log else tempfile.TemporaryFile()
            stack.enter_context(said)
            # Without -P modules of the vendor could take the names of those that serve them.
            popen = subprocess.Popen(
                [sys.executable, "-u", "-P", "-m", "sbw_conformance.serving", self._spec],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                cwd=self._folder,
                start_new_session=True,
            )
            stack.callback(_end, popen)
            self.url = self._ready(popen, said)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _ready(self, popen: subprocess.Popen[bytes], said: IO[bytes]) -> str:
        """The URL that the process names."""
        channel = cast("IO[bytes]", popen.stdout)
        answers, _, _ = select.select([channel], [], [], self._within)
        if not answers:
            popen.kill()
            raise ConfigurationError(
                f"The app {self._spec} did not start within {self._within:g} s.",
                "Does its module serve it, or wait for something else, when it is imported? "
                'Put that under `if __name__ == "__main__":`.',
            )
        line = channel.readline()
        if not line:
            popen.wait(GRACE)
            said.seek(0)
            last = last_line(said.read().decode(errors="replace"))
            raise ConfigurationError(
                f"The app {self._spec} ended its process (exit code {popen.returncode}) before it "
                f"could be served{f': {last}' if last else '.'}",
                "Import its module yourself to see why: "
                f"python -c 'import {self._spec.partition(':')[0]}'",
            )
        answer = json.loads(line)
        if "url" not in answer:
            raise ConfigurationError(answer["message"], answer["hint"])
        return str(answer["url"])


def _end(popen: subprocess.Popen[bytes]) -> None:
    """Let the process end, and wait for it."""
    for pipe in (popen.stdin, popen.stdout):
        if pipe is not None:
            pipe.close()
    for end in (popen.terminate, popen.kill):
        try:
            popen.wait(GRACE)
        except subprocess.TimeoutExpired:
            end()
    popen.wait()


def last_line(text: str) -> str:
    """The last line of a text that says something; empty where none does."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
