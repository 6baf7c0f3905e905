"""A whole run in a process of its own: judge a provider, write all reports, say what it cost.

Arguments: the address, the folder for the reports, seconds that an answer is waited for. Prints one
JSON object.
"""

import json
import sys
from pathlib import Path

from sbw_conformance.client import Client
from sbw_conformance.footprint import peak_bytes
from sbw_conformance.reports import write_all
from sbw_conformance.results import Outcome
from sbw_conformance.suite import Options, judge
from sbw_conformance.target import ROLES, SCOPED, Credentials, Target


def main(base: str, folder: Path, seconds: float) -> None:
    """Judge the provider at an address with all checks."""
    usual = Client.__init__.__defaults__ or ()
    limit = Client.answer_seconds
    Client.__init__.__defaults__ = tuple(seconds if one == limit else one for one in usual)
    roles = (*ROLES, *(f"a1.{name}" for name in SCOPED))
    target = Target(base, {role: Credentials(token=f"token-of-{role}") for role in roles})
    report = judge(target, Options(folder=folder))
    written = write_all(report, folder)
    said = {
        "exit_code": report.end["exit_code"],
        "seconds": report.end["seconds"],
        "ended_early": report.end.get("ended_early"),
        "errors": [r.reason for r in report.results if r.outcome is Outcome.ERROR],
        "written": [path.name for path in written],
        "peak": peak_bytes(),
    }
    print(json.dumps(said))  # noqa: T201  # what its caller reads


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]))
