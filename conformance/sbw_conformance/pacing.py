"""How fast requests leave the suite, and how long it waits where a provider throttles it."""

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from sbw_conformance.exchanges import Exchange

SHORTEST_PAUSE = 0.1
"""Seconds that are waited at least where a provider asks to wait."""

UNTOLD_PAUSE = 1.0
"""Seconds that are waited first where a 429 names no time; each further wait is twice as long."""

UNTOLD_PATIENCE = 15.0
"""Seconds that a request waits in all where a 429 names no time."""

HOPELESS = 20
"""429s in a row, none of which is waited out, that end a run."""

EASING = 0.7
"""The part of the pace that led to a 429 which is kept on with."""

RECOVERY = 1.1
"""How much faster the eased pace gets within a second."""

EASIEST = 10.0
"""Requests a second that are sent at least, however often a provider throttles."""

EASY = 1000.0
"""Requests a second above which a pace holds nobody back."""

LONGEST_RECOVERY = 60.0
"""Seconds after which a pace gets no faster."""

Key = tuple[str, str | None]
"""What requests have in common: operation and resource."""


@dataclass
class Pacer:
    """Holds requests back to a rate, and all of them while a provider says `Retry-After`.

    After such a pause requests leave at a lower rate than the one that led to it, which rises
    again: to wait again and again takes longer. `hurries` counts how often those that waited were
    let go.
    """

    requests_per_second: float | None = None
    hurries: int = 0
    _next: float = 0.0
    _eased: float = EASY
    _since: float = field(default_factory=time.monotonic)
    _left: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _wake: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> None:
        """Return when the next request is allowed to leave."""
        with self._lock:
            now = time.monotonic()
            start = max(now, self._next)
            self._left += 1
            if (rate := self._rate(start)) is not None:
                self._next = start + 1 / rate
            wake = self._wake
        if start > now:
            wake.wait(start - now)

    def sleep(self, seconds: float) -> bool:
        """Wait so long; gives False at once where all are to hurry."""
        with self._lock:
            wake = self._wake
        return not wake.wait(seconds)

    def pause(self, seconds: float) -> None:
        """Let no request leave for so many seconds, and those that follow at a lower rate."""
        with self._lock:
            now = time.monotonic()
            if now > self._since:  # else the pause that they are in is already on
                seen = self._left / (now - self._since)
                self._eased = max(EASIEST, EASING * min(seen, self._rate(now) or EASY))
            self._since, self._left = now + seconds, 0
            self._next = max(self._next, self._since)

    def _rate(self, now: float) -> float | None:
        """Requests a second at an instant; None for as many as there are."""
        eased = self._eased * RECOVERY ** min(max(0.0, now - self._since), LONGEST_RECOVERY)
        rate = min(self.requests_per_second or eased, eased)
        return rate if rate < EASY or self.requests_per_second else None

    def hurry(self) -> None:
        """Let all go that wait now; those that come later wait again."""
        with self._lock:
            wake, self._wake = self._wake, threading.Event()
            self._next = min(self._next, time.monotonic())
            self.hurries += 1
        wake.set()


@dataclass
class Throttling:
    """How long 429s are waited out, request by request and over a whole run.

    A request waits up to `patience` seconds in all. Where that was in vain, no request of its kind
    waits again until one of them gets another answer; where `3 * patience` seconds were in vain,
    none waits at all. Where it was in vain for many in a row, of any kind, it is `hopeless`.
    """

    patience: float
    _in_vain: set[Key] = field(default_factory=set)
    _wasted: float = 0.0
    _row: int = 0

    @property
    def hopeless(self) -> bool:
        """Whether nothing but 429 comes any more."""
        return self._row >= HOPELESS

    def resume(self) -> None:
        """Hope again; what was spent is spent."""
        self._row = 0

    def answered(self, key: Key) -> None:
        """Note an answer other than 429."""
        self._in_vain.discard(key)
        self._row = 0

    def pause(self, exchange: Exchange, waited: list[float]) -> float | str:
        """Seconds to wait after a 429, or the sentence that says why nobody waits.

        `waited` holds what was waited for this request already.
        """
        key = (exchange.request.operation, exchange.request.resource)
        said, asked = exchange.header("retry-after"), retry_after(exchange)
        patience, pause = self.patience, asked
        if pause is None:
            patience, pause = min(patience, UNTOLD_PATIENCE), UNTOLD_PAUSE * 2 ** len(waited)
        told = "no Retry-After" if said is None else f"Retry-After: {said[:60]}"
        asked_for = " of ".join(filter(None, key))
        if asked is not None and pause > patience:
            reason = f"longer than the {patience:g} s that are waited"
        elif sum(waited) + pause > patience:
            reason = f"and again after {sum(waited):.1f} s of waiting"
        elif key in self._in_vain or self._wasted >= 3 * self.patience:
            reason = "as before, when waiting was in vain"
        else:
            return pause
        self._in_vain.add(key)
        self._wasted += sum(waited)
        self._row += 1
        return f"the provider throttles the suite: 429 to {asked_for} with {told}, {reason}"


def retry_after(exchange: Exchange) -> float | None:
    """Seconds that an answer asks to wait (RFC 9110, section 10.2.3); None where it names none."""
    value = (exchange.header("retry-after") or "").strip()
    if value.isascii() and value.isdecimal():
        return max(float(value[:9]), SHORTEST_PAUSE)
    try:
        until = parsedate_to_datetime(value)
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return max((until - datetime.now(UTC)).total_seconds(), SHORTEST_PAUSE)
    except (ValueError, OverflowError):
        return None
