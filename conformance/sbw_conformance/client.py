"""The one way requests leave the suite: a pace, patience, and an end to it."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sbw_conformance.exchanges import Exchange, Headers, Lack, Request
from sbw_conformance.pacing import Pacer, Throttling
from sbw_conformance.presence import Ending, Found, Presence, Silence, is_absence
from sbw_conformance.target import origin_of
from sbw_conformance.tokens import SCHEME, Tokens, bearer
from sbw_conformance.wire import LARGE_BODY, LARGEST_BODY, Wire, weight

STALE = 1.0
"""Seconds within which a connection that was kept open fails, if it had been closed meanwhile."""

MOST_RETURNS = 3
"""How often a request is sent again because the provider had been away."""

MOST_LARGE = 64 * 1024 * 1024
"""Bytes of large answers that are read in a run."""

LARGE_HINT = "Look at what is sent there: the suite makes small records."

MOST_RENEWALS = 2
"""How often a request is sent again with another token."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that can be sent again whatever became of the first request (RFC 9110, section 9.2.1).

Those that are idempotent only cannot: the second DELETE is answered otherwise than the first.
"""


@dataclass
class Client:
    """Sends requests and gives back exchanges, whatever the other side does.

    Redirects are not followed: what a provider answers is what is judged. No `Authorization`
    leaves for another origin than `home`. `base` is the address of the landing page without its
    last slash; without it no absence is waited out and no token is made sure of.

    What says nothing of conformance is waited out, within bounds: a 429 up to `patience` seconds a
    request, an absence of the provider up to `absence` seconds. Where that is in vain, the exchange
    says why it is `unjudged`. `ending` says why nothing more is sent at all.
    """

    workers: int = 8
    home: tuple[str, str, int | None] | None = None
    pacer: Pacer = field(default_factory=Pacer)
    connect_seconds: float = 10.0
    answer_seconds: float = 30.0
    patience: float = 120.0
    base: str | None = None
    absence: float = 30.0

    def __post_init__(self) -> None:
        self.ending: Ending | None = None
        self._large = 0
        self._weighing = threading.Lock()
        self._wire = Wire(self.workers, self.connect_seconds, self.answer_seconds)
        self._throttling = Throttling(self.patience)
        self._silence = Silence()
        ask = None if self.base is None else self._landing
        self.presence = Presence(ask, self.pacer.sleep, self._give_up, self.absence)
        business = None if self.base is None else f"{self.base}/business"
        self.tokens = Tokens(self._aside, business)

    @property
    def sent(self) -> int:
        """How many requests were sent."""
        return self._wire.sent

    def send(
        self, request: Request, headers: Headers, trial: str, index: int, *, patient: bool = True
    ) -> Exchange:
        """Send a request with these headers beside its own; never raises for what comes back.

        With `patient` false a 429 is what comes back, and nobody waits.
        """
        if (reason := self._kept_back(request, headers)) is not None:
            return Exchange(request, trial, index, failure=reason)
        unsent = Exchange(request, trial, index)
        return self._settled(unsent, _SoFar(headers, self.pacer.hurries), patient=patient)

    def together(
        self, requests: Sequence[tuple[Request, Headers]], trial: str, index: int
    ) -> list[Exchange]:
        """Send several requests at the same moment; gives the exchanges in their order.

        They are numbered from `index`. What is not answered for good, as with 429, is sent again
        alone.
        """
        blank = [
            Exchange(request, trial, number) for number, (request, _) in enumerate(requests, index)
        ]
        if all(self._may_leave(request, headers) for request, headers in requests):
            self.presence.wait()
            for _ in requests:
                self.pacer.wait()
        hurries, left_at, sent = self.pacer.hurries, time.monotonic(), blank
        if all(self._may_leave(request, headers) for request, headers in requests):
            sent = self._wire.together(requests, blank)
        found = []
        for one, other, (request, headers) in zip(blank, sent, requests, strict=True):
            if one is other:
                found.append(self.send(request, headers, trial, one.index))
            else:
                so_far = _SoFar(headers, hurries, first=(other, left_at))
                found.append(self._settled(one, so_far, patient=True))
        return found

    def _may_leave(self, request: Request, headers: Headers) -> bool:
        """Whether nothing is known yet that keeps a request here."""
        return self._kept_back(request, headers) is None and self._over(bearer(headers)) is None

    def _settled(self, unsent: Exchange, so_far: "_SoFar", *, patient: bool) -> Exchange:
        """What comes of a request in the end, whatever was waited out meanwhile."""
        request, trial, index = unsent.request, unsent.trial, unsent.index
        while True:
            token = bearer(so_far.headers)
            if so_far.first is not None:
                (exchange, left_at), so_far.first = so_far.first, None
            else:
                if self._over(token) is None:
                    self.presence.wait()
                    self.pacer.wait()
                if (over := self._over(token)) is not None:
                    return _unsent(unsent, over)
                left_at = time.monotonic()
                exchange = self._twice(request, so_far.headers, trial, index)
            if exchange.failure is not None and self.ending is not None:
                return _unsent(exchange, self.ending)
            found = self.presence.look(left_at) if is_absence(exchange) else Found.THERE
            if found is not Found.THERE:
                settled = self._absent(exchange, found, so_far)
            else:
                self._note(exchange, so_far.headers, left_at)
                settled = exchange
                if exchange.status == 401 and token is not None:
                    settled = self._refused(exchange, token, so_far)
                elif exchange.status == 429 and patient:
                    settled = self._throttled(exchange, so_far)
            if settled is not None:
                return settled

    def resume(self) -> None:
        """Send again after an ending, to clean up; tokens that are dead stay so."""
        if self.ending is not None and self.ending.silent:
            self._silence = Silence(most=1)  # it was waited for long enough
        else:
            self._silence = Silence()
        self.ending = None
        self._throttling.resume()

    def abort(self) -> None:
        """Send nothing more, and let go of what is under way."""
        self.ending = self.ending or Ending("the run was interrupted")
        self.pacer.hurry()
        self._wire.abort()

    @property
    def away(self) -> dict[str, Any] | None:
        """How often the provider was waited for, and seconds in all; None where it never was."""
        absences = self.presence.absences
        return {"times": len(absences), "seconds": round(sum(absences), 1)} if absences else None

    def close(self) -> None:
        """Give the connections back."""
        self._wire.close()

    def _over(self, token: str | None) -> Ending | None:
        """Why nothing more is sent, or nothing with a token."""
        return self.ending or self.tokens.dead.get(token or "")

    def _kept_back(self, request: Request, headers: Headers) -> str | None:
        """Why a request is not sent at all; None if it is."""
        try:
            there = origin_of(request.url)
        except ValueError as error:
            return f"not sent, the address is none: {error}"
        secret = any(name.lower() == "authorization" for name, _ in (*headers, *request.headers))
        if secret and self.home not in {None, there}:
            return "not sent, the address leads to another origin, which is to see no token"
        return None

    def _twice(self, request: Request, headers: Headers, trial: str, index: int) -> Exchange:
        """Send a request, and once more where that is safe and its connection was a stale one."""
        exchange = self._wire.once(request, headers, trial, index)
        stale = exchange.failure is not None and exchange.milliseconds < STALE * 1000
        stale = stale and self.ending is None
        told = exchange.lack in {Lack.UNSENT, Lack.SILENT, Lack.LONG}
        if stale and request.method in _SAFE and not told:
            self.pacer.wait()
            exchange = self._wire.once(request, headers, trial, index)
        return exchange

    def _note(self, exchange: Exchange, headers: Headers, left_at: float) -> None:
        """Learn from an exchange: the provider is there, it throttles, a token works."""
        request, key = exchange.request, (exchange.request.operation, exchange.request.resource)
        if exchange.lack is Lack.SILENT:
            over = self._silence.kept(exchange, left_at, self.answer_seconds)
            self.ending = self.ending or over
        self._weigh(exchange)
        if exchange.failure is not None:
            return
        self.presence.seen = True
        self._silence.broken(key)
        if exchange.status != 429:
            self._throttling.answered(key)
        if request.operation == "token":
            self.tokens.issued(exchange)
        token = bearer(headers) or bearer(request.headers)
        if token is not None and 200 <= exchange.status < 300:
            self.tokens.accepted(token)

    def _weigh(self, exchange: Exchange) -> None:
        """End the run where the provider sends so much that nobody could judge all of it."""
        size = LARGEST_BODY if exchange.lack is Lack.LONG else weight(exchange.body)
        if size <= LARGE_BODY:
            return
        with self._weighing:
            self._large += size
        if self._large > MOST_LARGE:
            each, most = LARGE_BODY >> 20, MOST_LARGE >> 20
            reason = f"answers of more than {each} MiB each came to more than {most} MiB"
            place = f"{exchange.request.method} {exchange.request.url.partition('?')[0]}"
            self.ending = self.ending or Ending(f"{reason}, the last one to {place}", LARGE_HINT)

    def _absent(self, exchange: Exchange, found: Found, so_far: "_SoFar") -> Exchange | None:
        """What becomes of a request while the provider was away; None where it is sent again."""
        if found is Found.BACK:
            taken = exchange.lack is not Lack.UNSENT and exchange.request.method not in _SAFE
            so_far.returns += 1
            if taken or so_far.returns > MOST_RETURNS:
                return _lost(exchange)
            return None
        over = Ending("the run was interrupted while the provider was away")
        return _unsent(exchange, self.ending or over)

    def _give_up(self) -> None:
        """End the run: the provider was waited for in vain."""
        over = Ending(
            f"the provider went away and did not answer for {self.absence:g} s",
            f"Is it still running? Try: curl -i {self.base}/",
        )
        self.ending = self.ending or over

    def _refused(self, exchange: Exchange, token: str, so_far: "_SoFar") -> Exchange | None:
        """What becomes of a 401; None where the request is sent again with a new token."""
        other = self.tokens.instead(exchange.request.client, token)
        if other is not None and so_far.renewals < MOST_RENEWALS:
            so_far.renewals += 1
            so_far.headers = _with_token(so_far.headers, other)
            return None
        if (dead := self.tokens.dead.get(token)) is not None:
            self.ending = self.ending or dead
            return _unsent(exchange, dead)
        return exchange

    def _throttled(self, exchange: Exchange, so_far: "_SoFar") -> Exchange | None:
        """What becomes of a 429; None where the request is sent again after a pause."""
        if self.pacer.hurries != so_far.hurries:
            return replace(exchange, unjudged="the run was interrupted")
        pause = self._throttling.pause(exchange, so_far.waited)
        if isinstance(pause, str):
            if self._throttling.hopeless:
                hint = "Ask for a higher limit for test businesses, or give the suite a pace."
                self.ending = self.ending or Ending(pause, hint)
            return replace(exchange, unjudged=pause)
        so_far.waited.append(pause)
        self.pacer.pause(pause)
        return None

    def _landing(self) -> Exchange:
        request = Request("anonymous", "landing", "GET", f"{self.base}/")
        return self._wire.once(request, (("Accept", "application/json"),), "presence", 0)

    def _aside(self, request: Request) -> Exchange:
        return self.send(request, (), "tokens", 0)


@dataclass
class _SoFar:
    """What one request went through: its headers now, seconds waited, how often it was repeated.

    `hurries` is what the pacer had counted when it began; `first` is what came of it already, with
    the time at which it was sent.
    """

    headers: Headers
    hurries: int
    waited: list[float] = field(default_factory=list)
    returns: int = 0
    renewals: int = 0
    first: tuple[Exchange, float] | None = None


def _unsent(exchange: Exchange, over: Ending) -> Exchange:
    """An exchange that never was, for a reason that ends the run."""
    failure = f"not sent: {over.reason}"
    return replace(
        exchange,
        status=0,
        headers=(),
        body=b"",
        failure=failure,
        lack=Lack.UNSENT,
        unjudged=over.reason,
    )


def _lost(exchange: Exchange) -> Exchange:
    """An exchange whose answer was lost while the provider went away."""
    told = exchange.failure or f"status {exchange.status}"
    return replace(
        exchange,
        status=0,
        headers=(),
        body=b"",
        failure=f"{told}; the provider went away and came back",
        lack=Lack.CUT,
        unjudged="the provider went away while it was asked",
    )


def _with_token(headers: Headers, token: str) -> Headers:
    """Headers with another token."""
    kept = tuple(row for row in headers if row[0].lower() != "authorization")
    return (*kept, ("Authorization", f"{SCHEME}{token}"))


__all__ = ["LARGEST_BODY", "Client", "Pacer"]
