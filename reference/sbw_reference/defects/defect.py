"""What a defect is, and how it takes the place of a seam."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from sbw_reference.answers import Answer
from sbw_reference.behaviour import Behaviour

TELLING = frozenset({"commit", "middleware", "new_id", "encode"})
"""Seams that are no pure functions, or too dear to run twice: their defects count themselves."""


@dataclass(frozen=True, slots=True)
class Defect:
    """One mistake, in data and one replacement.

    `expects` are the requirements that fail with it, its own first; `operations` those it acts
    on, of landing, list, create, read, update, delete, token and *. `make` gives the function
    that takes the place of the seam, from the one that stands there; for the seams in TELLING it
    gets a second argument, which it calls each time that it deviates.
    """

    id: str
    title: str
    expects: tuple[str, ...]
    operations: tuple[str, ...]
    seam: str
    make: Callable[..., Any]
    reason: str | None = None


@dataclass
class Counter:
    """How often a defect showed."""

    count: int = 0
    lock: Lock = field(default_factory=Lock)

    def fire(self) -> None:
        """Count one firing."""
        with self.lock:
            self.count += 1


def apply(defect: Defect, behaviour: Behaviour, counter: Counter) -> Behaviour:
    """Return the behaviour with the defect in its seam; the counter learns of its firings."""
    original = getattr(behaviour, defect.seam)
    if defect.seam in TELLING:
        made = defect.make(original, counter.fire)
    else:
        made = compared(original, defect.make(original), counter.fire)
    return replace(behaviour, **{defect.seam: made})


def compared(
    original: Callable[..., Any], replacement: Callable[..., Any], fire: Callable[[], None]
) -> Callable[..., Any]:
    """Return the replacement, which counts each time that it differs from the original."""

    def seam(*arguments: Any) -> Any:
        got = outcome(replacement, arguments)
        if got != outcome(original, arguments):
            fire()
        value, error = got
        if error is not None:
            raise error.caught
        return value

    return seam


@dataclass(frozen=True)
class Raised:
    """An exception as a value: two are equal if they say the same."""

    kind: type[BaseException]
    text: str
    caught: BaseException = field(compare=False)


def outcome(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, Raised | None]:
    """Return what a function gives, or what it raises."""
    try:
        return function(*arguments), None
    except Exception as error:  # noqa: BLE001 - it is raised again
        return None, Raised(type(error), str(error), error)


def answered(operation: str, change: Callable[[Answer], Answer]) -> Any:
    """Return a `make` that changes the successful answers to an operation."""

    def make(original: Any) -> Any:
        def answer(found: Answer) -> Answer:
            given: Answer = original(found)
            return change(given) if given.operation == operation else given

        return answer

    return make
