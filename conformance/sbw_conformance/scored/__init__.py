"""The scored set: the checks whose results make the verdict, frozen with a release."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Scored:
    """Ids of the scored checks, sorted, with the digest that every report names."""

    version: str
    checks: tuple[str, ...]
    digest: str


def digest_of(checks: Iterable[str]) -> str:
    """SHA-256 over the sorted ids, a line each."""
    text = "".join(f"{name}\n" for name in sorted(checks))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@cache
def load_scored(version: str) -> Scored:
    """The scored set of a version of the standard; ValueError if its digest does not fit."""
    file = files(__package__) / f"{version}.json"
    value: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    checks = tuple(value["checks"])
    if value["digest"] != digest_of(checks):
        raise ValueError(f"scored/{version}.json was altered: its digest does not fit its checks")
    return Scored(version, checks, value["digest"])
