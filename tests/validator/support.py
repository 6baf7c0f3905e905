"""What tests of `sbw validate` share: the real command, and what it costs."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SBW = Path(sys.executable).parent / "sbw"
ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "schemas" / "draft" / "examples"
# A process in between that is small: a child's peak begins with the size of its parent. It reads
# nothing of site-packages, so that only the command is measured for coverage.
LAUNCHER = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    file.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(done.returncode)
"""
KIB = 1 if sys.platform == "darwin" else 1024  # what ru_maxrss counts in
MIB = 1024 * 1024


@dataclass(frozen=True)
class Ran:
    """What a command did: exit code, what it wrote, and the most bytes it had in memory."""

    code: int
    out: str
    err: str
    peak: int


def sbw(
    *arguments: str | bytes | Path,
    cwd: Path,
    given: bytes | None = None,
    env: Mapping[str, str] | None = None,
    measured: bool = True,
) -> Ran:
    """Run the installed command as a user does; `given` is its standard input.

    Without coverage where it is not `measured`.
    """
    left_out = ("SBW_",) if measured else ("SBW_", "COVERAGE_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    noted = cwd / ".peak"
    done = subprocess.run(
        [sys.executable, "-ISc", LAUNCHER, noted, SBW, *arguments],
        check=False,
        capture_output=True,
        cwd=cwd,
        env={**kept, "LC_ALL": "C.UTF-8", **(env or {})},
        input=given,
        timeout=540,
    )
    peak = int(noted.read_text()) * KIB
    noted.unlink()
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode(), peak)
