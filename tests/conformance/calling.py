"""The command in this process: as `support.sbw`, without the time that a new process takes."""

import io
import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from subprocess import CompletedProcess
from types import ModuleType

import pytest

from sbw_conformance.cli import main


def called(
    *arguments: str | Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    given: str | None = None,
) -> CompletedProcess[str]:
    """Call the command as the installed one does; `given` is its standard input."""
    out, err = _stream(), _stream()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.chdir(cwd)
        patch.setattr(sys, "stdin", _stream(given or ""))
        # The program's name in its help is read off the two.
        patch.setattr(sys, "argv", ["sbw"])
        patch.setitem(sys.modules, "__main__", ModuleType("__main__"))
        for name in [name for name in os.environ if name.startswith("SBW_")]:
            patch.delenv(name)
        for name, value in (env or {}).items():
            patch.setenv(name, value)
        with pytest.raises(SystemExit) as left:
            main(list(map(str, arguments)))
    code = left.value.code
    assert isinstance(code, int)
    return CompletedProcess(arguments, code, _written(out), _written(err))


def _stream(given: str = "") -> io.TextIOWrapper:
    """A stream of a process, as text and as bytes."""
    return io.TextIOWrapper(io.BytesIO(given.encode()), "utf-8", write_through=True)


def _written(stream: io.TextIOWrapper) -> str:
    """What was written to a stream."""
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode()
