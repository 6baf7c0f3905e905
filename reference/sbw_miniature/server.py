"""HTTP/1.1 on loopback, with keep-alive and a thread for each connection."""

from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from sbw_miniature.ijson import encode
from sbw_miniature.message import BODY_BYTES, Answer, Request
from sbw_miniature.problem import Problem
from sbw_miniature.provider import Provider

_DRAINED = 256 * BODY_BYTES


class Server(ThreadingHTTPServer):
    """Serves what a provider answers; `provider` has to be set before the first request."""

    daemon_threads = True
    request_queue_size = 128
    provider: Provider

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.origin = f"http://127.0.0.1:{self.server_address[1]}"


class BrokenBody(Exception):  # noqa: N818  # says what is the matter with the body
    """The body of a request cannot be told from what follows it."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 300
    server: Server

    def handle_request(self) -> None:
        """Read one request and answer it."""
        address = urlsplit(self.path)
        try:
            body = self._body()
        except BrokenBody as error:
            self.send_error(400, str(error))
            return
        method = self.command
        request = Request(method, address.path, address.query, self.headers, body)
        self._send(self.server.provider.answer(request))

    def __getattr__(self, name: str) -> Any:
        """Answer every method alike: http.server looks for `do_` and its name."""
        if name.startswith("do_"):
            return self.handle_request
        raise AttributeError(name)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what never became a request, with a problem document too."""
        self.close_connection = True
        problem = Problem(code, detail=message or explain)
        self._send(Answer(code, problem.document, {}, "application/problem+json"))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name in http.server
        """Keep quiet about each request."""

    def _send(self, answer: Answer) -> None:
        body = b"" if answer.value is None else encode(answer.value)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.value is not None:
            self.send_header("Content-Type", answer.media_type)
        if answer.status not in {204, 304}:
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def _body(self) -> bytes | None:
        """Return the body, or None where it is longer than `BODY_BYTES`."""
        headers: Message = self.headers
        chunked = (headers.get("Transfer-Encoding") or "").strip().lower() == "chunked"
        if not chunked and "Transfer-Encoding" in headers:
            raise BrokenBody("Only the transfer coding chunked is known.")
        length = headers.get("Content-Length") or "0"
        if not (length.isascii() and length.isdigit()):
            raise BrokenBody("Content-Length is no number.")
        kept, read = b"", 0
        for part in self._chunks() if chunked else self._parts(int(length)):
            read += len(part)
            kept = kept + part if read <= BODY_BYTES else b""
            if read > _DRAINED:
                self.close_connection = True
                break
        return kept if read <= BODY_BYTES else None

    def _parts(self, length: int) -> Any:
        """Yield so many bytes in parts."""
        while length:
            part = self.rfile.read(min(length, 65_536))
            if not part:
                raise BrokenBody("The body ended early.")
            length -= len(part)
            yield part

    def _chunks(self) -> Any:
        """Yield the chunks of a body (RFC 9112, section 7.1)."""
        while True:
            size = self.rfile.readline(1024).split(b";")[0].strip()
            try:
                length = int(size, 16)
            except ValueError:
                raise BrokenBody("A chunk has no size.") from None
            if not length:
                break
            yield from self._parts(length)
            self.rfile.readline(1024)
        while self.rfile.readline(65_537).strip():
            pass
