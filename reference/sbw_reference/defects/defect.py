"""What a defect is, and how it takes the place of a seam."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from sbw_reference.answers import Answer
from sbw_reference.behaviour import Behaviour
from sbw_reference.problems import Problem

TELLING = frozenset({"batch", "commit", "middleware", "new_id", "encode"})
"""Seams that are no pure functions, or too dear to run twice: their defects count themselves."""

Fire = Callable[[], None]
"""What such a defect calls each time that it deviates."""


@dataclass(frozen=True, slots=True)
class Defect:
    """One mistake, in data and one replacement.

    `expects` are the requirements that fail with it, its own first. `operations` are those it acts
    on, of OPERATIONS or `*` for all, each narrowed where it acts on some requests only:
    `create=415` where the answer would have this status without it, `read+accept` with this header,
    `read+HEAD` with this method, `list?cursor` with this parameter, `create/emails/label` with this
    member in its body; `types` are the resources it is about, none for all, `variant` the provider
    that it is a mistake of. `make` gives the function that takes the place of the seam, from the
    one that stands there; for the seams in TELLING it gets a second argument, which it calls each
    time that it deviates. A `parallel` one shows only where requests are answered at the same time.
    """

    id: str
    title: str
    expects: tuple[str, ...]
    operations: tuple[str, ...]
    seam: str
    make: Callable[..., Any]
    reason: str | None = None
    types: tuple[str, ...] = ()
    variant: str | None = None
    parallel: bool = False


RECORDS = ("list", "create", "read", "update", "delete", "upsert")
OPERATIONS = (*RECORDS, "landing", "catalog", "token", "batch", "control", "undefined")
"""What requests ask for; `undefined` is a method that an address does not have."""


WRITTEN = ("create=201", "update=200", "upsert=200", "upsert=201")
"""Writes that succeed: what is stored wrongly was stored by one of them."""


def writing(*members: str) -> tuple[str, ...]:
    """Return the writes that send members, which are all that a mistake with them acts on."""
    return tuple(
        f"{name}/{member}" for name in ("create", "update", "upsert") for member in members
    )


def answering(status: int, *operations: str) -> tuple[str, ...]:
    """Return operations, all where none are named, narrowed to answers of a status."""
    return tuple(f"{operation}={status}" for operation in operations or OPERATIONS)


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


def refusing(which: Callable[[Problem], bool], change: Callable[[Problem], Problem]) -> Any:
    """Return a `make` that changes some refusals."""

    def make(original: Any) -> Any:
        def problem(found: Problem) -> Problem:
            given: Problem = original(found)
            return change(given) if which(given) else given

        return problem

    return make


def refused(kind: str, /, **changes: Any) -> Any:
    """Return a `make` that changes the refusals of one registered type."""
    return refusing(lambda given: given.name == kind, lambda given: replace(given, **changes))


def pointing(which: Callable[[Problem], bool], change: Callable[[str], str]) -> Any:
    """Return a `make` that changes the pointers of some refusals."""

    def moved(given: Problem) -> Problem:
        faults = (replace(fault, pointer=change(fault.pointer)) for fault in given.faults)
        return replace(given, faults=tuple(faults))

    return refusing(which, moved)


def placeless(kind: str) -> Any:
    """Return a `make` that lets the refusals of one registered type point to the whole body."""
    return pointing(lambda given: given.name == kind, lambda _: "")


def let_pass(*keywords: str) -> Any:
    """Return a `make` that passes over the findings with some keywords."""
    return lambda original: (
        lambda findings, *context: tuple(
            finding for finding in original(findings, *context) if finding.keyword not in keywords
        )
    )


def kept(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Return a `make` that changes what is stored of a body."""
    return lambda original: lambda body, operation: change(original(body, operation))
