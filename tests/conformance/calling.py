"""The command in this process: as `support.sbw`, without the time that a new process takes."""

import io
import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from sbw_conformance.cli import main


def called(
    *arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None, given: str = ""
) -> CompletedProcess[str]:
    """Call the command as the installed one does; `given` is its standard input."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.chdir(cwd)
        patch.setattr(sys, "stdin", io.StringIO(given))
        for name in [name for name in os.environ if name.startswith("SBW_")]:
            patch.delenv(name)
        for name, value in (env or {}).items():
            patch.setenv(name, value)
        with pytest.raises(SystemExit) as left:
            main(list(map(str, arguments)))
    code = left.value.code
    assert isinstance(code, int)
    return CompletedProcess(arguments, code, out.getvalue(), err.getvalue())
