"""Does the public URL of the callback lead to where the suite listens."""

import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer

from sbw_conformance.configuration import Callback
from sbw_conformance.doctoring.diagnosis import Diagnosis, fine, wrong
from sbw_conformance.doctoring.visit import Visit


def reachable(visit: Visit) -> Diagnosis:
    """Whether what is asked for at the public URL arrives where the suite listens."""
    callback = visit.callback
    if callback is None:
        return fine("None is configured.")
    listening = f"{callback.host}, port {callback.port}"
    word = secrets.token_hex(16)
    try:
        with _listening(callback, word):
            got = visit.get(f"{callback.url}/{word}")
    except OSError as error:
        return wrong(
            f"Nobody can listen at {listening}: {error.strerror or error}.",
            "Is the port taken or below 1024, or the address not one of this machine?",
        )
    if got.status == 200 and got.body == word[::-1].encode():
        return fine(f"{callback.url} leads to {listening}.")
    if got.failure is not None:
        return wrong(
            f"{callback.url} does not lead to {listening}: {got.failure}.",
            "Let the public address pass requests on to it (a tunnel, a proxy, an open port).",
        )
    return wrong(
        f"{callback.url} leads to something else than {listening}: status {got.status}.",
        "Let the public address pass requests on to it, with all of their path.",
    )


class _Server(ThreadingTCPServer):
    """A server that asks nobody for its own name, as that of the library does."""

    allow_reuse_address = True
    daemon_threads = True


class _Server6(_Server):
    address_family = socket.AF_INET6


@contextmanager
def _listening(callback: Callback, word: str) -> Iterator[None]:
    """Answer whoever asks for a word with the word backwards."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the library looks for this name
            known = self.path.endswith(f"/{word}")
            self.send_response(200 if known else 404)
            self.end_headers()
            self.wfile.write(word[::-1].encode() if known else b"")

        def log_message(self, *_: object) -> None:
            """Say nothing on stderr."""

    kind = _Server6 if ":" in callback.host else _Server
    with kind((callback.host, callback.port), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()
