"""Whether the provider is there at all: what is waited out, and what ends a run early."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from sbw_conformance.exchanges import Exchange, Lack
from sbw_conformance.pacing import Key

GATEWAY = frozenset({502, 503, 504})
"""Statuses that whoever stands before a provider answers with while it is away."""

PAUSE = 0.2
"""Seconds between two looks at whether a provider is back."""

MOST_ABSENCES = 4
"""Times `patience` that a run waits in all for a provider that comes and goes."""

SILENT_ROUNDS = 3
"""Requests of a kind, one after the other, that may go without an answer in time."""

MOST_SILENT_ROUNDS = 20
"""The same of all kinds, in a whole run."""


@dataclass(frozen=True)
class Ending:
    """Why a run ends before its checks are done; `usage` where the caller has to mend it.

    `reason` goes on in a sentence, without a full stop; `hint` is one of its own.
    """

    reason: str
    hint: str = ""
    usage: bool = False

    @property
    def sentence(self) -> str:
        """Reason and hint as a text of whole sentences."""
        return f"{self.reason[:1].upper()}{self.reason[1:]}. {self.hint}".strip()


class Found(Enum):
    """What a look at a provider finds."""

    THERE = auto()
    """It was there all the time."""

    BACK = auto()
    """It was away, and is back."""

    GONE = auto()
    """It has been away for longer than anybody waits."""

    LEFT = auto()
    """It was away, and the wait for it was interrupted."""


def is_absence(exchange: Exchange) -> bool:
    """Whether an exchange looks as if the provider were away."""
    return exchange.lack in {Lack.UNSENT, Lack.CUT} or exchange.status in GATEWAY


@dataclass
class Presence:
    """One gate for all workers, shut while the provider is away.

    `ask` gets the landing page, `sleep` waits (False where nobody is to wait any longer). A
    provider that was never seen is not waited for; `given_up` is called where one was waited for in
    vain. `absences` holds the seconds of each absence.
    """

    ask: Callable[[], Exchange] | None
    sleep: Callable[[float], bool]
    given_up: Callable[[], None]
    patience: float = 30.0
    seen: bool = False
    absences: list[float] = field(default_factory=list)
    _back_at: float = 0.0
    _gone_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._gate.set()

    def wait(self) -> None:
        """Return when the provider is there, as far as anybody knows."""
        self._gate.wait(2 * self.patience)

    def look(self, left_at: float) -> Found:
        """Find out about a request without an answer that left at an instant (monotonic).

        Where the provider is away, this waits until it is back or `patience` is at its end.
        """
        if self.ask is None or not self.seen:
            return Found.THERE
        with self._lock:
            if self._back_at > left_at:
                return Found.BACK
            if self._gone_at > left_at:
                return Found.GONE
            if not is_absence(self.ask()):
                return Found.THERE
            self._gate.clear()
            try:
                return self._waited(self.ask)
            finally:
                self._gate.set()

    def _waited(self, ask: Callable[[], Exchange]) -> Found:
        began = time.monotonic()
        until = began + min(self.patience, MOST_ABSENCES * self.patience - sum(self.absences))
        found = Found.GONE
        while found is Found.GONE and time.monotonic() < until:
            if not self.sleep(PAUSE):
                found = Found.LEFT
            elif not is_absence(ask()):
                found = Found.BACK
        now = time.monotonic()
        self.absences.append(now - began)
        if found is Found.BACK:
            self._back_at = now
        else:
            self._gone_at = now
        if found is Found.GONE:
            self.given_up()
        return found


@dataclass
class Silence:
    """Counts answers that did not come in time, so that a run is not spent on waiting for them.

    Requests that wait at the same time are one round.
    """

    _rounds: dict[Key, int] = field(default_factory=dict)
    _in_all: int = 0
    _ended: dict[Key, float] = field(default_factory=dict)
    _last: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def broken(self, key: Key) -> None:
        """Note an answer."""
        self._rounds.pop(key, None)

    def kept(self, exchange: Exchange, left_at: float, seconds: float) -> Ending | None:
        """Note an answer that did not come within `seconds`, and say whether it is enough now."""
        request, now = exchange.request, time.monotonic()
        key = (request.operation, request.resource)
        with self._lock:
            if left_at >= self._ended.get(key, 0.0):
                self._rounds[key] = self._rounds.get(key, 0) + 1
                self._ended[key] = now
            if left_at >= self._last:
                self._in_all += 1
                self._last = now
            if self._rounds.get(key, 0) >= SILENT_ROUNDS:
                told = f"{SILENT_ROUNDS} times in a row"
            elif self._in_all >= MOST_SILENT_ROUNDS:
                told = f"{MOST_SILENT_ROUNDS} times in all, the last one to"
            else:
                return None
        place = f"{request.method} {request.url.partition('?')[0]}"
        if told.endswith("to"):
            reason = f"there was no answer within {seconds:g} s {told} {place}"
        else:
            reason = f"there was no answer to {place} within {seconds:g} s, {told}"
        return Ending(reason, "Look at what the provider does meanwhile, and run the suite again.")
