"""The one way requests leave the suite: a pool of connections, a pace, bounds on every answer."""

import http.client
import io
import socket
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from sbw_conformance.exchanges import Exchange, Headers, Request
from sbw_conformance.target import origin_of

LARGEST_BODY = 8 * 1024 * 1024
"""Bytes of an answer that are read at most, decoded; a longer answer counts as none."""

SHORTEST_PAUSE = 0.1
"""Seconds that are waited at least where a provider asks to wait."""

STALE = 1.0
"""Seconds within which a connection that was kept open fails, if it had been closed meanwhile."""

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass
class Pacer:
    """Holds requests back to a rate, and all of them while a provider says `Retry-After`."""

    requests_per_second: float | None = None
    _next: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _wake: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> None:
        """Return when the next request is allowed to leave."""
        with self._lock:
            now = time.monotonic()
            start = max(now, self._next)
            if self.requests_per_second:
                self._next = start + 1 / self.requests_per_second
            wake = self._wake
        if start > now:
            wake.wait(start - now)

    def pause(self, seconds: float) -> None:
        """Let no request leave for so many seconds."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)

    def hurry(self) -> None:
        """Let all go that wait now; those that come later wait again."""
        with self._lock:
            wake, self._wake = self._wake, threading.Event()
            self._next = min(self._next, time.monotonic())
        wake.set()


@dataclass
class Client:
    """Sends requests and gives back exchanges, whatever the other side does.

    Redirects are not followed: what a provider answers is what is judged. A 429 with
    `Retry-After` is waited out up to `patience` seconds in all, then sent again; where that was
    in vain, no further 429 is waited out until another answer comes. `answer_seconds` bounds the
    time from the end of a request to the end of its answer. No `Authorization` leaves for another
    origin than `home`.
    """

    workers: int = 8
    home: tuple[str, str, int | None] | None = None
    pacer: Pacer = field(default_factory=Pacer)
    connect_seconds: float = 10.0
    answer_seconds: float = 30.0
    patience: float = 120.0

    def __post_init__(self) -> None:
        self.sent = 0
        self._count = threading.Lock()
        self._in_vain = False
        self._pool = _Pools(
            maxsize=self.workers,
            block=False,
            retries=False,
            timeout=urllib3.Timeout(connect=self.connect_seconds, read=self.answer_seconds),
        )

    def send(  # a request has that many parts
        self, request: Request, headers: Headers, trial: str, index: int, *, patient: bool = True
    ) -> Exchange:
        """Send a request with these headers beside its own; never raises for what comes back.

        With `patient` false a 429 is what comes back, and nobody waits.
        """
        if (reason := self._kept_back(request, headers)) is not None:
            return Exchange(request, trial, index, failure=reason)
        patience, tries = self.patience, 0
        while True:
            self.pacer.wait()
            exchange = self._once(request, headers, trial, index)
            tries += 1
            stale = exchange.failure is not None and exchange.milliseconds < STALE * 1000
            if stale and tries < 2 and request.method in _IDEMPOTENT:
                continue
            pause = _retry_after(exchange)
            if exchange.status != 429:
                self._in_vain = False
            if pause is None or not patient:
                return exchange
            if pause > patience or self._in_vain:
                self._in_vain = True
                return exchange
            patience -= pause
            self.pacer.pause(pause)

    def close(self) -> None:
        """Give the connections back."""
        self._pool.clear()

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

    def _once(self, request: Request, headers: Headers, trial: str, index: int) -> Exchange:
        with self._count:
            self.sent += 1
        started = time.monotonic()

        def done(
            status: int = 0, got: Headers = (), body: bytes = b"", failure: str | None = None
        ) -> Exchange:
            took = (time.monotonic() - started) * 1000
            return Exchange(request, trial, index, status, got, body, failure, took)

        try:
            response = self._pool.request(
                request.method,
                request.url,
                body=request.body,
                headers=urllib3.HTTPHeaderDict([*headers, *request.headers]),
                redirect=False,
                preload_content=False,
            )
        except (HTTPError, OSError, ValueError) as error:
            return done(failure=_sentence(error))
        got = tuple((str(name), str(value)) for name, value in response.headers.items())
        try:
            body = _read(response)
        except (HTTPError, OSError, ValueError) as error:
            response.close()
            return done(failure=_sentence(error))
        response.release_conn()
        return done(response.status, got, body)


class _Bounded(io.RawIOBase):
    """A socket's stream that ends with TimeoutError at a deadline, however little comes at a time.

    It takes over the stream of a response; the time left is that of the socket at its beginning.
    """

    def __init__(self, sock: socket.socket, stream: io.RawIOBase) -> None:
        super().__init__()
        self._socket = sock
        self._stream = stream
        self._deadline = time.monotonic() + (sock.gettimeout() or 0.0)

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what is there, waiting no longer than until the deadline."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._socket.settimeout(left)
        return self._stream.readinto(buffer)

    def close(self) -> None:
        """Close the stream, which lets go of the socket."""
        self._stream.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """An answer whose status line, headers and body have one deadline together."""

    def __init__(self, sock: socket.socket, *arguments: Any, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        self.fp = io.BufferedReader(_Bounded(sock, self.fp.detach()))


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Pools(urllib3.PoolManager):
    """Pools whose connections keep to the deadline of an answer."""

    _classes: ClassVar = {"http": _Pool, "https": _SecurePool}

    def __init__(self, **named: Any) -> None:
        super().__init__(**named)
        self.pool_classes_by_scheme = self._classes


def _read(response: urllib3.BaseHTTPResponse) -> bytes:
    chunks, size = [], 0
    while chunk := response.read(65536):
        size += len(chunk)
        if size > LARGEST_BODY:
            raise ValueError(f"the answer is longer than {LARGEST_BODY} bytes")
        chunks.append(chunk)
    return b"".join(chunks)


def _retry_after(exchange: Exchange) -> float | None:
    """Seconds that a 429 asks to wait (RFC 9110 section 10.2.3); None for any other answer."""
    if exchange.status != 429:
        return None
    value = (exchange.header("retry-after") or "").strip()
    if value.isascii() and value.isdecimal() and len(value) < 6:
        return max(float(value), SHORTEST_PAUSE)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max((until - datetime.now(UTC)).total_seconds(), SHORTEST_PAUSE)


def _sentence(error: Exception) -> str:
    """Why there was no answer, without the names of our own objects."""
    reason = getattr(error, "reason", None) or error
    told = [str(part) for part in reason.args if isinstance(part, str | Exception)]
    text = told[0] if told and "IncompleteRead" in told[0] else " ".join(told)
    _, _, text = text.rpartition("object at 0x")
    _, _, tail = text.partition("): ")
    return (tail or text)[:300] or type(reason).__name__
