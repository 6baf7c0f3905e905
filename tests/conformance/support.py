"""What tests of the suite share: the real command, and providers that do odd things.

`Server` speaks HTTP over raw sockets, so that it can also answer what no HTTP library would.
`Proxy` stands before a real provider and changes what passes through.
"""

import http.client
import json
import os
import secrets
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import pytest

from sbw_conformance.checks import Check, catalog
from sbw_conformance.checks.records import Records
from sbw_conformance.checks.run import Run
from sbw_conformance.checks.trial import Trial
from sbw_conformance.cleanup import Journal
from sbw_conformance.client import Client
from sbw_conformance.events import Redaction
from sbw_conformance.provider import Fleet
from sbw_conformance.results import Report
from sbw_conformance.suite import Options, judge
from sbw_conformance.target import ROLES, SCOPED, Credentials, Target, variable
from sbw_validator.standard import load_standard

R = TypeVar("R", bound=Records)

SBW = Path(sys.executable).parent / "sbw"
SUITE_APP = "org.smallbusinessweb.conformance"
REPORTS = (
    "report.json",
    "report.html",
    "junit.xml",
    "report.sarif",
    "summary.md",
    "run.ndjson",
)
DOOR = "core.landing_page_is_served_to_anyone"
"""The check without which nothing else runs."""


def sbw(
    *arguments: str | Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    given: str | bytes | None = None,
    within: float = 120,
    measured: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Run the installed command as a user does; `given` is its standard input."""
    done = subprocess.run(
        [SBW, *arguments],
        check=False,
        capture_output=True,
        cwd=cwd,
        env={**(MEASURING if measured else {}), **environment(env)},
        input=given.encode() if isinstance(given, str) else given,
        timeout=within,
    )
    out, err = done.stdout.decode(), done.stderr.decode()
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment without what configures the command, and with what is given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SBW_")}
    return {**kept, "LC_ALL": "C.UTF-8", **(more or {})}


MEASURING = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
"""What lets a process that is started be measured too."""


@contextmanager
def unmeasured_children() -> Iterator[None]:
    """Start processes without coverage."""
    with pytest.MonkeyPatch.context() as patch:
        for name in MEASURING:
            patch.delenv(name, raising=False)
        yield


def unmeasured(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a command that a signal interrupts.

    What measures coverage holds a lock at times, and a signal that comes just then is never heard.
    """
    found = environment(more)
    return {name: value for name, value in found.items() if name not in MEASURING}


def tokens(target: Target, *roles: str) -> dict[str, str]:
    """The environment variables that let the command in, for all clients or for these."""
    wanted = roles or tuple(target.clients)
    return {variable(role): target.clients[role].token or "" for role in wanted}


def with_tokens(base: str, prefix: str = "some-token") -> Target:
    """A target with a token of its own for each client, narrower ones of the first too."""
    roles = (*ROLES, *(f"a1.{scope}" for scope in SCOPED))
    return Target(base, {role: Credentials(f"{prefix}-{role}") for role in roles})


def chosen(*names: str) -> tuple[Check, ...]:
    """The checks whose ids begin so, and the one that opens the door to all others."""
    return tuple(check for check in catalog() if check.id.startswith((DOOR, *names)))


def run(target: Target, *names: str, only: str | None = None, **options: Any) -> Report:
    """Judge a target in this process, with the checks whose ids begin so or with all.

    `only` names a resource type that stands for all others, where a mechanism is tried that does
    not know one from another.
    """
    options.setdefault("programs", 2)
    if only is not None:
        options["wanted"] = lambda task: task.resource is None or task.resource.type == only
    if names:
        options["checks"] = chosen(*names)
    return judge(target, Options(**options))


def rows(report: Report) -> set[tuple[str, str, str | None, str]]:
    """What a report says: requirement, check, resource and outcome of each result."""
    return {(r.requirement, r.check, r.resource, r.outcome.value) for r in report.results}


def until(holds: Callable[[], bool], what: str, seconds: float = 20) -> None:
    """Wait for something, but not for ever."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{what} did not happen in {seconds} s"
        time.sleep(0.02)


# Servers


@dataclass(frozen=True)
class Asked:
    """A request as it arrived; names of headers are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def place(self) -> str:
        """The path without its query."""
        return self.path.partition("?")[0]


Reply = bytes | Iterable[bytes]
"""All that is sent back, as it goes over the wire; in parts where it is an iterator."""

Handler = Callable[[Asked], Reply]


def http_answer(
    status: int, body: bytes | str = b"", media_type: str = "application/json", **headers: str
) -> bytes:
    """An answer as it goes over the wire; `_` in the name of a header is a hyphen."""
    body = body.encode() if isinstance(body, str) else body
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    fields = {
        "Content-Type": media_type,
        "Content-Length": str(len(body)),
        "Connection": "close",
        **given,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return f"HTTP/1.1 {status} Some Reason\r\n{lines}\r\n".encode() + body


class Server:
    """A server on a free loopback port for as long as the context lasts.

    Each request goes to `handler`; all of them are kept in `asked`. A connection takes one.
    """

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.asked: list[Asked] = []
        self._closing = threading.Event()

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def hang(self, seconds: float = 60) -> Iterator[bytes]:
        """Send nothing more until the server is closed."""
        self._closing.wait(seconds)
        yield b""

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                connection.settimeout(10)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                asked = _read(connection)
                if asked is None:
                    return
                self.asked.append(asked)
                reply = self.handler(asked)
                for part in (reply,) if isinstance(reply, bytes) else reply:
                    connection.sendall(part)
                    if self._closing.is_set():
                        return
                connection.shutdown(socket.SHUT_WR)
                connection.recv(1)
            except ConnectionResetError:
                # A handler that raises it wants the connection to end with RST, not with FIN.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            except OSError:
                return


def _read(connection: socket.socket) -> Asked | None:
    with connection.makefile("rb") as stream:
        first = stream.readline().decode("latin-1").split()
        if len(first) != 3:
            return None
        headers: dict[str, str] = {}
        while line := stream.readline().strip().decode("latin-1"):
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", "0")))
    return Asked(first[0], first[1], headers, body)


def same(status: int, body: bytes | str, media_type: str = "application/json") -> Server:
    """A server that answers everything alike."""
    return Server(lambda _: http_answer(status, body, media_type))


def landing(base: str, **changes: Any) -> dict[str, Any]:
    """A valid landing page that claims contacts, with all that can be done to them one by one."""
    single = ["list", "create", "read", "update", "delete"]
    resources = {
        "business": {"href": f"{base}/business", "operations": ["read"]},
        "contact": {"href": f"{base}/contacts", "operations": single},
    }
    uri = "https://w3id.org/small-business-web/draft/"
    return {
        "sbw_version": "draft",
        "conforms_to": [f"{uri}core", f"{uri}contacts"],
        "app": {"id": "com.example.odd", "name": "Odd"},
        "resources": resources,
        "auth": {"schemes": ["bearer"]},
        "openness": {"registration": "closed"},
        **changes,
    }


def everything(base: str, **changes: Any) -> dict[str, Any]:
    """A valid landing page that claims all there is: classes, operations, filters, limits."""
    standard = load_standard()
    resources: dict[str, Any] = {
        name: {
            "href": f"{base}/{entry.path}",
            "operations": list(entry.operations),
            "filters": [*({"ids"} & set(entry.filters)), *entry.selectors],
        }
        for name, entry in standard.resources.items()
    }
    resources["contact"] |= {
        "unsupported": ["/nickname"],
        "constraints": {"/emails": {"max_items": 5}, "/emails/*/address": {"unique": True}},
        "native": {"lifecycle_stage": {"mql": "qualified"}},
    }
    return landing(
        base,
        conforms_to=[entry.uri for entry in standard.classes.values()],
        resources=resources,
        environment="sandbox",
        sandbox={"controls": ["move_clock", "expire_cursors", "limit_requests", "fail_deliveries"]},
        limits={"batch": 20, "body_bytes": 65536},
        **changes,
    )


def landing_then(
    server: list[Server], handler: Handler, page: Callable[..., dict[str, Any]], **changes: Any
) -> Handler:
    """A handler with a valid landing page, where all else goes to another handler."""

    def answer(asked: Asked) -> Reply:
        if asked.place == "/":
            shown = json.dumps(page(server[0].url, **changes))
            return http_answer(200, shown, access_control_allow_origin="*")
        return handler(asked)

    return answer


def behind_landing(
    handler: Handler, page: Callable[..., dict[str, Any]] = landing, **changes: Any
) -> Server:
    """A server with a valid landing page, where all else goes to a handler."""
    own: list[Server] = []
    server = Server(landing_then(own, handler, page, **changes))
    own.append(server)
    return server


@dataclass
class Passed:
    """An answer of the provider behind a proxy, open to change."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as a JSON value."""
        return json.loads(self.body)

    @json.setter
    def json(self, value: Any) -> None:
        text = json.dumps(value, ensure_ascii=False)
        halves = any("\ud800" <= sign <= "\udfff" for sign in text)
        self.body = (json.dumps(value) if halves else text).encode()

    @property
    def is_page(self) -> bool:
        """Whether it is a page of a list."""
        return self.status == 200 and self.body.startswith(b'{"items"')

    def on_wire(self) -> bytes:
        """All of it as it goes over the wire."""
        left_out = {"content-length", "connection", "transfer-encoding"}
        kept = [row for row in self.headers if row[0].lower() not in left_out]
        kept += [("Content-Length", str(len(self.body))), ("Connection", "close")]
        if self.status == 204:
            kept = [row for row in kept if row[0] != "Content-Length"]
        lines = "".join(f"{name}: {value}\r\n" for name, value in kept)
        return f"HTTP/1.1 {self.status} Some Reason\r\n{lines}\r\n".encode("latin-1") + self.body


Change = Callable[[Asked, Passed], Reply | None]


@dataclass
class Proxy:
    """A provider behind another one: `before` may answer itself, `after` may change an answer."""

    target: Target
    before: Callable[[Asked], Reply | None] = lambda _: None
    after: Change = lambda _, __: None
    server: Server = field(init=False)

    def __enter__(self) -> Self:
        self.server = Server(self._pass).__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.__exit__()

    @property
    def seen(self) -> Target:
        """The target with the address of the proxy."""
        return replace(self.target, base=self.server.url)

    def _pass(self, asked: Asked) -> Reply:
        early = self.before(asked)
        if early is not None:
            return early
        passed = self._forward(asked)
        changed = self.after(asked, passed)
        return passed.on_wire() if changed is None else changed

    def _forward(self, asked: Asked) -> Passed:
        connection = http.client.HTTPConnection(urlsplit(self.target.base).netloc, timeout=10)
        try:
            left_out = {"connection", "accept-encoding"}
            headers = {k: v for k, v in asked.headers.items() if k not in left_out}
            connection.request(asked.method, asked.path, asked.body or None, headers)
            answer = connection.getresponse()
            return Passed(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()


class Providers:
    """Reference providers, each with a store of its own, stopped when the test is over."""

    def __init__(self, fleet: Fleet, prefix: str) -> None:
        self._fleet = fleet
        self._prefix = prefix
        self._names: list[str] = []

    def __call__(self, **what: Any) -> Target:
        """Start one, with a defect, variant or database where `what` says so.

        It answers one request after another, which takes less work: whole runs of the command are
        where many at a time are tried.
        """
        name = f"{self._prefix}-{len(self._names)}"
        target = self._fleet.start(name, **{"in_turn": True, **what})
        self._names.append(name)
        return target

    def close(self) -> None:
        """Stop all."""
        for name in self._names:
            self._fleet.stop(name)


COLLECTIONS = tuple(
    entry.path for entry in load_standard().resources.values() if entry.shape == "collection"
)


def stored(target: Target, role: str = "a1", **query: str) -> list[dict[str, Any]]:
    """All records of the business that a client sees, as the lists that there are show them."""
    return [record for path in COLLECTIONS for record in _listed(target, role, path, query)]


def _listed(
    target: Target, role: str, path: str, query: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """The items of a list; none where there is no such list."""
    following = f"/{path}?limit=100" + "".join(f"&{k}={v}" for k, v in query.items())
    bearer = {"Authorization": f"Bearer {target.clients[role].token}"}
    while following:
        connection = http.client.HTTPConnection(urlsplit(target.base).netloc, timeout=10)
        connection.request("GET", following, headers=bearer)
        answer = connection.getresponse()
        page = json.loads(answer.read())
        connection.close()
        if answer.status == 404:
            return
        assert answer.status == 200, page
        yield from page["items"]
        split = urlsplit(page.get("next", ""))
        following = f"{split.path}?{split.query}" if page.get("next") else ""


def leftovers(target: Target) -> list[dict[str, Any]]:
    """What the suite left behind in both businesses."""
    return [
        record for role in ("a1", "b1") for record in stored(target, role, external_id=SUITE_APP)
    ]


def problem(status: int) -> bytes:
    """A refusal that has nothing to add to its status, as it goes over the wire."""
    return http_answer(status, json.dumps(_plain(status)), "application/problem+json")


def _plain(status: int) -> dict[str, Any]:
    return {"type": "about:blank", "title": "Refused", "status": status}


def refuses_deletion(asked: Asked) -> Reply | None:
    """What a provider answers that deletes nothing, neither alone nor in batches."""
    if asked.method == "DELETE":
        return problem(405)
    if asked.place.endswith("/batch") and (operations := _operations(asked.body)):
        refused = [{"status": 405, "problem": _plain(405)} for _ in operations]
        if all(one == "delete" for one in operations):
            return http_answer(200, json.dumps({"results": refused}))
    return None


def _operations(body: bytes) -> list[Any]:
    """What the operations of a batch are to do; nothing where it is none."""
    try:
        given = json.loads(body)["operations"]
        return [one["operation"] for one in given]
    except (ValueError, KeyError, TypeError):
        return []


def run_of(target: Target, page: Mapping[str, Any] | None = None) -> Run:
    """What the checks of a run share, with a landing page that was found valid."""
    redaction = Redaction()
    client = Client(1, target.origin)
    page = landing(target.base) if page is None else page
    name = f"r{secrets.token_hex(5)}"
    return Run(name, target, client, load_standard(), Journal(), redaction, "tests", landing=page)


def records_of(run: Run, kind: str, view: type[R] = Records) -> R:
    """The records of a type in a run, as a check named after the test sees them."""
    resource = run.standard.resources[kind]
    return view(Trial(run, "tests.fake", ("CORE-001",), resource), resource)
