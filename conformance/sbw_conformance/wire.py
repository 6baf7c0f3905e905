"""One request and its answer over a pool of connections, with bounds on time and size."""

import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, ClassVar
from weakref import WeakSet

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)

from sbw_conformance.exchanges import Exchange, Headers, Lack, Request
from sbw_validator.limits import STRING

LARGEST_BODY = 4 * 1024 * 1024
"""Bytes of an answer that are read at most, decoded; a longer answer counts as none."""

LARGE_BODY = 2 * 1024 * 1024
"""Bytes beyond which an answer is a large one, those that its values take included."""

MOST_VALUES = 100_000
"""JSON values that an answer holds at most, or it counts as none."""

VALUE = 100
"""Bytes that a value takes about."""

_READING = frozenset({Lack.SILENT, Lack.LONG})
"""What an answer that has begun can lack."""

_NO_ANSWER = (HTTPError, http.client.HTTPException, OSError, ValueError)


MOST_INTERIM = 20
"""Answers with a status from 100 to 199 that are passed over before the one that counts."""


class TooLongError(ValueError):
    """There is more of an answer than is read; the message says how much that is."""


@dataclass
class Wire:
    """Sends a request once and gives back what came, whatever that is.

    `connect_seconds` bounds the time to a connection, `answer_seconds` that from the end of a
    request to the end of its answer. `sent` counts the requests.
    """

    connections: int
    connect_seconds: float
    answer_seconds: float

    def __post_init__(self) -> None:
        self.sent = 0
        self._count = threading.Lock()
        self._pool = _Pools(
            maxsize=self.connections,
            block=False,
            retries=False,
            timeout=urllib3.Timeout(connect=self.connect_seconds, read=self.answer_seconds),
        )

    def close(self) -> None:
        """Give the connections back."""
        self._pool.clear()

    def abort(self) -> None:
        """End all connections, whoever waits for an answer on one."""
        for key in self._pool.pools.keys():  # noqa: SIM118  # it cannot be iterated otherwise
            opened: WeakSet[Any] = getattr(self._pool.pools[key], "opened", WeakSet())
            for connection in list(opened):
                if connection.sock is not None:
                    with suppress(OSError):
                        # What TLS would say in parting could wait for the other side.
                        socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)

    def once(self, request: Request, headers: Headers, trial: str, index: int) -> Exchange:
        """Send a request with these headers beside its own; never raises for what comes back."""
        with self._count:
            self.sent += 1
        started = time.monotonic()

        def took() -> float:
            return (time.monotonic() - started) * 1000

        def failed(error: Exception, lack: Lack | None) -> Exchange:
            return Exchange(
                request,
                trial,
                index,
                failure=_sentence(error),
                milliseconds=took(),
                lack=lack,
            )

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
            return failed(error, _lack(error))
        got = tuple((str(name), str(value)) for name, value in response.headers.items())
        try:
            body = _read(response)
        except (HTTPError, OSError, ValueError) as error:
            response.close()
            lack = _lack(error)
            return failed(error, lack if lack in _READING else None)
        response.release_conn()
        return Exchange(request, trial, index, response.status, got, body, milliseconds=took())

    def together(
        self, requests: Sequence[tuple[Request, Headers]], blank: Sequence[Exchange]
    ) -> list[Exchange]:
        """Send several requests at the same moment; never raises for what comes back.

        Each has a connection of its own, on which all of it but the last byte is sent; then the
        last bytes follow one another. `blank` are the exchanges that become the answers.
        """
        with self._count:
            self.sent += len(requests)
        with ThreadPoolExecutor(len(requests), "together") as pool:
            lanes = list(pool.map(lambda given: self._poised(*given), requests))
        started = time.monotonic()
        for lane in lanes:
            lane.let_go()
        found = []
        for lane, exchange in zip(lanes, blank, strict=True):
            answer = lane.answer(exchange, started + self.answer_seconds)
            found.append(replace(answer, milliseconds=(time.monotonic() - started) * 1000))
        return found

    def _poised(self, request: Request, headers: Headers) -> "_Lane":
        """A connection of its own with all of a request but the last byte sent."""
        lane = _Lane()
        try:
            pool: Any = self._pool.connection_from_url(request.url)
            lane.connection = pool.opened_now()
            lane.connection.held = b""
            lane.connection.request(
                request.method,
                urllib3.util.parse_url(request.url).request_uri,
                body=request.body,
                headers=urllib3.HTTPHeaderDict([*headers, *request.headers]),
                preload_content=False,
            )
        except _NO_ANSWER as error:
            lane.error = error
        return lane


@dataclass
class _Lane:
    """A request that waits for its last byte; `error` is why there is no answer to it."""

    connection: Any = None
    error: Exception | None = None

    def let_go(self) -> None:
        """Send the last byte."""
        if self.error is None:
            try:
                self.connection.let_go()
            except _NO_ANSWER as error:
                self.error = error

    def answer(self, exchange: Exchange, deadline: float) -> Exchange:
        """Read the answer until a deadline and close the connection."""
        begun = False
        try:
            if self.error is not None:
                raise self.error
            self.connection.timeout = max(deadline - time.monotonic(), 0.001)
            response = self.connection.getresponse()
            begun = True
            got = tuple((str(name), str(value)) for name, value in response.headers.items())
            return replace(exchange, status=response.status, headers=got, body=_read(response))
        except _NO_ANSWER as error:
            lack = _lack(error)
            told = lack if not begun or lack in _READING else None
            return replace(exchange, failure=_sentence(error), lack=told)
        finally:
            if self.connection is not None:
                self.connection.close()


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

    def _read_status(self) -> tuple[str, int, str]:
        """Read the status line, past those of interim answers (RFC 9110, section 15.2)."""
        for _ in range(MOST_INTERIM):
            found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
            if not 100 <= found[1] < 200 or found[1] == http.HTTPStatus.SWITCHING_PROTOCOLS:
                return found
            http.client.parse_headers(self.fp)
        raise http.client.HTTPException(f"more than {MOST_INTERIM} interim answers")


class _Holding:
    """What a connection does beside its work: where `held` is not None, it holds a byte back."""

    held: bytes | None = None
    sock: socket.socket

    def send(self, data: bytes) -> None:
        """Send data, but for the last byte where one is held back."""
        if self.held is not None:
            data = self.held + data
            self.held, data = data[-1:], data[:-1]
        super().send(data)  # type: ignore[misc]  # a connection's own

    def let_go(self) -> None:
        """Send the byte that was held back."""
        last, self.held = self.held or b"", None
        self.sock.sendall(last)


class _Connection(_Holding, HTTPConnection):  # type: ignore[misc]  # it sends bytes only
    response_class = _Response


class _SecureConnection(_Holding, HTTPSConnection):  # type: ignore[misc]  # as above
    response_class = _Response


class _Opened:
    """What a pool does beside its work: it knows its connections, also those in use."""

    opened: WeakSet[Any]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.opened = WeakSet()

    def _new_conn(self) -> Any:
        connection = super()._new_conn()  # type: ignore[misc]  # a pool's own
        self.opened.add(connection)
        return connection

    def opened_now(self) -> Any:
        """A connection that is open and belongs to nobody else."""
        connection = self._new_conn()
        connection.connect()
        return connection


class _Pool(_Opened, urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(_Opened, urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Pools(urllib3.PoolManager):
    """Pools whose connections keep to the deadline of an answer."""

    _classes: ClassVar[dict[str, type[urllib3.HTTPConnectionPool]]] = {
        "http": _Pool,
        "https": _SecurePool,
    }

    def __init__(self, **named: Any) -> None:
        super().__init__(**named)
        self.pool_classes_by_scheme = self._classes


def _read(response: urllib3.BaseHTTPResponse) -> bytes:
    chunks, size = [], 0
    while chunk := response.read(65536):
        size += len(chunk)
        if size > LARGEST_BODY:
            raise TooLongError(f"the answer is longer than {LARGEST_BODY} bytes")
        chunks.append(chunk)
    body = b"".join(chunks)
    if weight(body) > MOST_VALUES * VALUE:
        raise TooLongError(f"the answer holds more than {MOST_VALUES} values")
    return body


def weight(body: bytes) -> int:
    """Bytes that an answer takes about, once its values are read."""
    values = body.count(b",") + body.count(b"[")
    if values > MOST_VALUES:  # some may be signs in texts
        bare = STRING.sub(b"", body)
        values = bare.count(b",") + bare.count(b"[")
    return max(len(body), VALUE * values)


def _lack(error: Exception) -> Lack | None:
    """Which kind of no answer an error is, before the first byte of one."""
    if isinstance(error, TooLongError):
        return Lack.LONG
    if isinstance(error, NewConnectionError | ConnectTimeoutError):
        return Lack.UNSENT
    if isinstance(error, ReadTimeoutError | TimeoutError):
        return Lack.SILENT
    causes = (error, *error.args)
    ended = (ConnectionError, http.client.RemoteDisconnected, ssl.SSLEOFError)
    kinds = ProtocolError | SSLError | OSError
    cut = isinstance(error, kinds) and any(isinstance(c, ended) for c in causes)
    return Lack.CUT if cut else None


def _sentence(error: Exception) -> str:
    """Why there was no answer, without the names of our own objects."""
    cause = getattr(error, "reason", None)
    reason = cause if isinstance(cause, Exception) else error
    told = [str(part) for part in reason.args if isinstance(part, str | Exception)]
    text = told[0] if told and "IncompleteRead" in told[0] else " ".join(told)
    _, _, text = text.rpartition("object at 0x")
    _, _, tail = text.partition("): ")
    return (tail or text)[:300] or type(reason).__name__
