"""What a question found out: in order, wrong or unknown, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How it stands with what was asked."""

    OK = "ok"
    WRONG = "wrong"
    UNKNOWN = "unknown"
    SKIPPED = "not looked at"


@dataclass(frozen=True)
class Diagnosis:
    """One finding: a sentence on what is there, and a sentence on what to do about it."""

    state: State
    says: str
    advice: str = ""


def fine(says: str, advice: str = "") -> Diagnosis:
    """What is in order."""
    return Diagnosis(State.OK, says, advice)


def wrong(says: str, advice: str) -> Diagnosis:
    """What makes a run fail or lie."""
    return Diagnosis(State.WRONG, says, advice)


def unknown(says: str, advice: str) -> Diagnosis:
    """What cannot be known, or is not there to be looked at."""
    return Diagnosis(State.UNKNOWN, says, advice)
