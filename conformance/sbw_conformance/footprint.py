"""How much memory this process took."""

import re
import resource
import sys
from pathlib import Path

STATUS = Path("/proc/self/status")


def peak_bytes() -> int:
    """The most bytes that were in memory at a time since the program began.

    What `getrusage` says counts a fork of the parent too, before it became this program.
    """
    try:
        found = re.search(r"^VmHWM:\s+([0-9]+) kB$", STATUS.read_text(), re.MULTILINE)
    except OSError:
        found = None
    if found is not None:
        return int(found[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024)
