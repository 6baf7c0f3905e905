"""The tokens of a run: how each was got, what took its place, and which are accepted no more."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sbw_conformance.exchanges import Exchange, Headers, Request
from sbw_conformance.presence import Ending
from sbw_conformance.target import fits_header, variable

MARGIN = 30.0
"""Seconds before its end at which a token is renewed, or a fifth of its life if that is less."""

SCHEME = "Bearer "


@dataclass(frozen=True)
class Grant:
    """A request that a token came of, and when to repeat it (monotonic), if that is known."""

    request: Request
    until: float | None = None


def bearer(headers: Headers) -> str | None:
    """The token that headers carry."""
    found = [value for name, value in headers if name.lower() == "authorization"]
    return found[0].removeprefix(SCHEME) if found else None


def token_in(answer: Exchange) -> str | None:
    """The token in the answer of a token endpoint, if a header can carry it."""
    value = answer.json if answer.status == 200 else None
    token = value.get("access_token") if isinstance(value, dict) else None
    return token if isinstance(token, str) and token and fits_header(token) else None


@dataclass
class Tokens:
    """Knows how each token was got, renews those that it can, and tells which are at their end.

    `send` sends a request; `business` is the URL at which a token is
    tried, None where none is. `listen` hears of each new token. `dead` holds the tokens that are
    accepted no more, with what there is to say of it.
    """

    send: Callable[[Request], Exchange]
    business: str | None = None
    listen: Callable[[str], None] = lambda _: None
    dead: dict[str, Ending] = field(default_factory=dict)
    renewals: int = 0
    _grants: dict[str, Grant] = field(default_factory=dict)
    _first: dict[str, str] = field(default_factory=dict)
    _current: dict[str, str] = field(default_factory=dict)
    _accepted: dict[str, datetime] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def issued(self, answer: Exchange) -> None:
        """Note the token that a token endpoint gave, and how it was asked for."""
        token = token_in(answer)
        if token is None:
            return
        said = answer.json.get("expires_in")
        numeric = isinstance(said, int | float) and not isinstance(said, bool) and said > 0
        until = None
        if numeric:
            began = time.monotonic() - answer.milliseconds / 1000
            until = began + said - min(MARGIN, said / 5)
        with self._lock:
            self._grants[token] = Grant(answer.request, until)
        self.listen(token)

    def accepted(self, token: str) -> None:
        """Note that a request with a token was let in."""
        self._accepted[token] = datetime.now(UTC)

    def current(self, token: str) -> str:
        """The token in the place of one that was given, renewed where it is about to run out."""
        with self._lock:
            now = self._current.get(self._first.get(token, token), token)
            grant = self._grants.get(now)
            if grant is None or grant.until is None or time.monotonic() < grant.until:
                return now
            found = token_in(self._renewed(now, grant))
            if found in {None, now}:  # it is used as long as it is accepted, and then renewed
                self._grants[now] = replace(grant, until=None)
            return found or now

    def instead(self, role: str, token: str) -> str | None:
        """A token to use instead of one that was refused; None where the refusal is to be judged.

        Of a token that was let in before it is made sure that it is refused elsewhere too. If so,
        and where there is no other, it is dead.
        """
        with self._lock:
            now = self._current.get(self._first.get(token, token), token)
            if now != token:
                return now
            known = token in self._accepted and token not in self.dead
            if not known or not self._is_refused(role, token):
                return None
            grant = self._grants.get(token)
            if grant is None:
                hint = (
                    f"Set {variable(role)} to one that lasts for the whole run, or give a client "
                    "id and secret: tokens that the suite gets itself are renewed."
                )
                self._bury(role, token, "it expired or was revoked", hint)
                return None
            answer = self._renewed(token, grant)
            found = token_in(answer)
            if found is None or self._is_refused(role, found):
                got = answer.got if found is None else "a token that is refused too"
                why = f"a new one was asked for at {grant.request.url}: {got}"
                self._bury(role, token, why, "Is the client still allowed in?")
                return None
            return found

    def _renewed(self, token: str, grant: Grant) -> Exchange:
        """What came for a new token; if it is one, it takes the place of the old one."""
        answer = self.send(grant.request)
        found = token_in(answer)
        if found is not None:
            first = self._first.get(token, token)
            self._first[found] = first
            self._current[first] = found
            self.renewals += 1
        return answer

    def _is_refused(self, role: str, token: str) -> bool:
        if self.business is None:
            return False
        headers = (("Authorization", f"{SCHEME}{token}"), ("Accept", "application/json"))
        return self.send(Request(role, "read", "GET", self.business, headers=headers)).status == 401

    def _bury(self, role: str, token: str, why: str, hint: str) -> None:
        last = self._accepted[token].strftime("%H:%M:%S UTC")
        reason = f"the token of client {role} was accepted until {last}; {why}"
        self.dead[token] = Ending(reason, hint, usage=True)
