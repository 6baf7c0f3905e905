"""The one way requests leave the suite: a pool of connections, a pace, bounds on every answer."""

import threading
import time
from dataclasses import dataclass, field

import urllib3
from urllib3.exceptions import HTTPError

from sbw_conformance.exchanges import Exchange, Headers, Request

LARGEST_BODY = 32 * 1024 * 1024
"""Bytes of an answer that are read at most; a longer answer counts as none."""

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass
class Pacer:
    """Holds requests back to a rate, and all of them while a provider says `Retry-After`."""

    requests_per_second: float | None = None
    _next: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self) -> None:
        """Return when the next request is allowed to leave."""
        with self._lock:
            now = time.monotonic()
            start = max(now, self._next)
            if self.requests_per_second:
                self._next = start + 1 / self.requests_per_second
        if start > now:
            time.sleep(start - now)

    def pause(self, seconds: float) -> None:
        """Let no request leave for so many seconds."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)


@dataclass
class Client:
    """Sends requests and gives back exchanges, whatever the other side does.

    Redirects are not followed: what a provider answers is what is judged. A 429 with
    `Retry-After` is waited out up to `patience` seconds in all, then sent again.
    """

    workers: int = 8
    pacer: Pacer = field(default_factory=Pacer)
    connect_seconds: float = 10.0
    answer_seconds: float = 30.0
    patience: float = 120.0

    def __post_init__(self) -> None:
        self.sent = 0
        self._count = threading.Lock()
        self._pool = urllib3.PoolManager(
            maxsize=self.workers,
            block=False,
            retries=False,
            timeout=urllib3.Timeout(connect=self.connect_seconds, read=self.answer_seconds),
        )

    def send(self, request: Request, headers: Headers, trial: str, index: int) -> Exchange:
        """Send a request with these headers beside its own; never raises for what comes back."""
        patience, tries = self.patience, 0
        while True:
            self.pacer.wait()
            exchange = self._once(request, headers, trial, index)
            tries += 1
            if exchange.failure and tries < 2 and request.method in _IDEMPOTENT:
                continue
            pause = _retry_after(exchange)
            if pause is None or pause > patience:
                return exchange
            patience -= max(pause, 0.1)
            self.pacer.pause(pause)

    def close(self) -> None:
        """Give the connections back."""
        self._pool.clear()

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
            body = _read(response, started + self.answer_seconds)
        except (HTTPError, OSError, ValueError) as error:
            response.close()
            return done(failure=_sentence(error))
        response.release_conn()
        return done(response.status, got, body)


def _read(response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    chunks, size = [], 0
    while chunk := response.read(65536):
        size += len(chunk)
        if size > LARGEST_BODY:
            raise ValueError(f"the answer is longer than {LARGEST_BODY} bytes")
        if time.monotonic() > deadline:
            raise ValueError("the answer did not end in time")
        chunks.append(chunk)
    return b"".join(chunks)


def _retry_after(exchange: Exchange) -> float | None:
    """Seconds that a 429 asks to wait (RFC 9110 section 10.2.3); None for any other answer."""
    if exchange.status != 429:
        return None
    value = exchange.header("retry-after") or ""
    return float(value) if value.isdecimal() and len(value) < 6 else None


def _sentence(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    text = (
        str(reason).rpartition("object at 0x")[2] if "object at 0x" in str(reason) else str(reason)
    )
    _, _, tail = text.partition("): ")
    return (tail or text)[:300] or type(error).__name__
