"""`sbw doctor` without its command line: who is looked at, what came of it, the exit code."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sbw_conformance.client import Client
from sbw_conformance.configuration import Configuration
from sbw_conformance.doctoring.diagnosis import State
from sbw_conformance.doctoring.probes import REACHING, Line
from sbw_conformance.doctoring.visit import Visit
from sbw_conformance.pacing import Pacer
from sbw_conformance.results import EXIT_UNREACHABLE, EXIT_USAGE
from sbw_conformance.target import Target
from sbw_validator.schemas import load_schemas
from sbw_validator.standard import Standard, load_standard

PATIENCE = 10.0
"""Seconds that a 429 is waited out at most."""


@contextmanager
def visiting(
    target: Target,
    configuration: Configuration | None = None,
    *,
    read_only: bool = False,
    standard: Standard | None = None,
) -> Iterator[Visit]:
    """A visit to a target, with what else a configuration says, until the context ends."""
    configuration = configuration or Configuration()
    standard = standard or load_standard()
    classes = configuration.classes
    if configuration.profile is not None:
        classes = standard.profiles.get(configuration.profile)
    pacer = Pacer(target.requests_per_second)
    client = Client(1, target.origin, pacer, patience=PATIENCE)
    try:
        yield Visit(
            target, client, load_schemas(standard), configuration.callback, classes, read_only
        )
    finally:
        client.close()


def exit_code(lines: Iterable[Line]) -> int:
    """0 if nothing is wrong, 3 if nothing answers HTTP, 2 if anything else is wrong."""
    bad = {line.probe for line in lines if line.found.state is State.WRONG}
    if bad.intersection(REACHING):
        return EXIT_UNREACHABLE
    return EXIT_USAGE if bad else 0


def to_json(target: Target, lines: Iterable[Line]) -> dict[str, Any]:
    """All lines as an object for machines."""
    lines = tuple(lines)
    shown = [
        {
            "probe": line.probe,
            "state": line.found.state.value,
            "says": line.found.says,
            "advice": line.found.advice,
        }
        for line in lines
    ]
    return {"target": target.base, "exit_code": exit_code(lines), "lines": shown}
