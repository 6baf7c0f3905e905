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

UNBROKEN_ROUNDS = 2
"""The same of several kinds, while no request at all is answered but those of OUTSIDE."""

OUTSIDE = frozenset({"landing", "catalog"})
"""Operations that can be answered by what stands before a provider that hangs."""


@dataclass(frozen=True)
class Ending:
    """Why a run ends before its checks are done; `usage` where the caller has to mend it.

    `reason` goes on in a sentence, without a full stop; `hint` is one of its own. `silent` where
    the provider was waited for in vain, answer by answer.
    """

    reason: str
    hint: str = ""
    usage: bool = False
    silent: bool = False

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

    Requests that wait at the same time are one round; `most` of a kind are enough.
    """

    most: int = SILENT_ROUNDS
    _rounds: dict[Key, int] = field(default_factory=dict)
    _in_all: int = 0
    _unbroken: int = 0
    _kinds: set[Key] = field(default_factory=set)
    _ended: dict[Key, float] = field(default_factory=dict)
    _last: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def broken(self, key: Key) -> None:
        """Note an answer."""
        with self._lock:
            self._rounds.pop(key, None)
            if key[0] not in OUTSIDE:
                self._unbroken = 0
                self._kinds.clear()

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
                self._unbroken += 1
                self._last = now
            self._kinds.add(key)
            place = f"{request.method} {request.url.partition('?')[0]}"
            reason = self._enough(key, place, f"within {seconds:g} s")
        hint = "Look at what the provider does meanwhile, and run the suite again."
        return None if reason is None else Ending(reason, hint, silent=True)

    def _enough(self, key: Key, place: str, late: str) -> str | None:
        """Why there is nothing to wait for any more; None where there is."""
        rounds = self._rounds.get(key, 0)
        if rounds >= self.most:
            often = f", {rounds} times in a row" if rounds > 1 else ""
            return f"there was no answer to {place} {late}{often}"
        if self._unbroken >= UNBROKEN_ROUNDS and len(self._kinds) > 1:
            often = f"{self._unbroken} times in a row"
            return f"there was no answer to anything {late}, {often}, the last one to {place}"
        if self._in_all >= MOST_SILENT_ROUNDS:
            often = f"{self._in_all} times in all"
            return f"there was no answer {late} {often}, the last one to {place}"
        return None
