"""Null providers: servers that do nothing of what the standard asks for, and what still passes.

A pass that such a server gets is vacuous, unless `JUSTIFIED` says what the server really kept. A
null provider either has no landing page at all, or a perfect one that claims everything there is.
"""

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sbw_conformance.checks.answer import PROBLEMS
from sbw_conformance.results import Outcome, Report, Verdict
from sbw_conformance.suite import Options, judge
from sbw_conformance.target import ROLES, SCOPED, Credentials, Target
from sbw_validator.standard import Resource, Standard, load_standard

LOGIN = b"<!doctype html><title>Log in</title><form><input name=password></form>"
WHEN = "2026-01-15T09:30:00Z"
STOLEN_ID = "0f8c"

Headers = Mapping[str, str]


@dataclass(frozen=True)
class Asked:
    """A request to a null provider: `base` is its own address, `path` without the query."""

    method: str
    base: str
    path: str
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """What a null provider answers."""

    status: int
    body: bytes = b""
    media_type: str = "application/json"
    headers: Headers = field(default_factory=dict)


@dataclass(frozen=True)
class Null:
    """A provider that does nothing; with `claims` behind a landing page that claims everything."""

    id: str
    title: str
    answer: Callable[[Asked], Reply]
    claims: bool = False


def landing(base: str, standard: Standard) -> dict[str, Any]:
    """A valid landing page that claims all there is: classes, operations, filters, limits."""
    resources: dict[str, Any] = {
        name: {
            "href": f"{base}/{entry.path}",
            "operations": list(entry.operations),
            "filters": [*({"ids"} & set(entry.filters)), *entry.selectors],
        }
        for name, entry in standard.resources.items()
    }
    return {
        "sbw_version": standard.version,
        "conforms_to": [entry.uri for entry in standard.classes.values()],
        "app": {"id": "com.example.null", "name": "Null"},
        "resources": resources,
        "auth": {"schemes": ["bearer"]},
        "openness": {"registration": "closed"},
        "environment": "sandbox",
        "sandbox": {"controls": ["move_clock", "expire_cursors", "limit_requests"]},
        "limits": {"batch": 20, "body_bytes": 65536},
    }


# What they answer


def _same(status: int, body: bytes = b"", media_type: str = "application/json") -> Reply:
    return Reply(status, body, media_type)


def _problem(status: int, name: str | None = None, **headers: str) -> Callable[[Asked], Reply]:
    """A problem document that is the same for every request, with a pointer to the whole body."""
    kind = "about:blank" if name is None else PROBLEMS + name
    document = {"type": kind, "title": "No", "status": status, "errors": [{"pointer": ""}]}
    told = {key.replace("_", "-"): value for key, value in headers.items()}
    body = json.dumps(document).encode()
    return lambda _: Reply(status, body, "application/problem+json", told)


def _away(asked: Asked) -> Reply:
    return Reply(302, headers={"Location": f"{asked.base}{asked.path}"})


def _echo(asked: Asked) -> Reply:
    return Reply(201 if asked.method == "POST" else 200, asked.body or b"{}")


def _stolen(resource: Resource) -> dict[str, Any]:
    """A valid record that has nothing to do with who asks."""
    told: dict[str, Any] = {"external_ids": []} if resource.writable else {}
    meta = {"created_at": WHEN, "updated_at": WHEN, "version": "7"}
    body = resource.minimal if resource.minimal is not None else {"name": "Somebody"}
    return {"id": STOLEN_ID, "type": resource.type, **body, **told, "meta": meta}


def _someone_elses(asked: Asked) -> Reply:
    """The same valid record whatever is asked, in the form that the request is answered in."""
    for resource in load_standard().resources.values():
        where, _, rest = asked.path.removeprefix("/").partition("/")
        if where == resource.path:
            return _shown(asked, resource, rest)
    return _problem(404)(asked)


def _shown(asked: Asked, resource: Resource, rest: str) -> Reply:
    record = _stolen(resource)
    own = {"Cache-Control": "private"}
    tagged = {**own, "ETag": f'"{record["meta"]["version"]}"'}
    if asked.method == "DELETE":
        return Reply(204, headers=own)
    if rest == "batch":
        result = {"status": 200, "headers": {"etag": tagged["ETag"]}, "body": record}
        return Reply(200, json.dumps({"results": [result]}).encode(), headers=own)
    if asked.method == "POST":
        there = {"Location": f"{asked.base}/{resource.path}/{STOLEN_ID}"}
        return Reply(201, json.dumps(record).encode(), headers={**tagged, **there})
    if asked.method == "GET" and not rest and resource.shape != "singleton":
        return Reply(200, json.dumps({"items": [record]}).encode(), headers=own)
    return Reply(200, json.dumps(record).encode(), headers=tagged)


BARE = (
    Null("empty-objects", "200 with an empty object", lambda _: _same(200, b"{}")),
    Null("empty-lists", "200 with an empty array", lambda _: _same(200, b"[]")),
    Null("nothing", "200 without a body", lambda _: _same(200)),
    Null("no-content", "204", lambda _: _same(204)),
    Null("not-found", "404 without a body", lambda _: _same(404)),
    Null("server-errors", "500 in plain text", lambda _: _same(500, b"oops", "text/plain")),
    Null("login-page", "200 with a page to log in", lambda _: _same(200, LOGIN, "text/html")),
    Null("redirects", "a redirect to itself", _away),
    Null("echo", "what was sent", _echo),
    Null("someone-elses", "valid records of another vendor's", _someone_elses),
)
"""What a null provider answers to everything."""

REFUSING = (
    Null("empty-pages", "200 with an empty page", lambda _: _same(200, b'{"items":[]}')),
    Null("unauthorized", "401", _problem(401, "unauthorized", WWW_Authenticate="Bearer")),
    Null(
        "invalid-token",
        "401 that calls the token invalid",
        _problem(401, "unauthorized", WWW_Authenticate='Bearer error="invalid_token"'),
    ),
    Null("forbidden", "403", _problem(403, "forbidden")),
    Null("absent", "404 with a problem document", _problem(404)),
    Null("method-not-allowed", "405", _problem(405, Allow="GET, HEAD, OPTIONS")),
    Null("duplicate", "409", _problem(409, "duplicate-external-id")),
    Null("conflict", "412", _problem(412, "version-conflict")),
    Null("too-large", "413", _problem(413)),
    Null("unreadable", "415", _problem(415)),
    Null("invalid", "422", _problem(422, "validation")),
    Null("malformed", "400", _problem(400, "malformed")),
)
"""What refuses everything well, behind a landing page: no refusal is right without a reason."""

NULLS = (
    *BARE,
    *(Null(f"claims-{one.id}", one.title, one.answer, claims=True) for one in (*BARE, *REFUSING)),
)

# What they keep for all that

PAGE = {
    "CORE-001": "the landing page is there, for anyone, and valid",
    "CORE-002": "scripts of any origin can read the landing page",
    "CORE-003": "the landing page declares all that the claimed classes need",
    "CORE-007": "the landing page is the same with a token",
    "SANDBOX-001": "the landing page says that this is a sandbox",
}
"""What is kept by a landing page alone, whatever is behind it."""

ANSWERS = {"CORE-031": "every body that came is I-JSON, as its media type says"}
PROBLEM = {**ANSWERS, "CORE-050": "every refusal that came is a problem document of its status"}
SILENT = ("nothing", "no-content", "not-found", "redirects")
RECORDS = {
    **PROBLEM,
    "CORE-030": "the records that came are valid",
    "CONTACTS-001": "the records that came are valid",
    "CORE-032": "the records that came hold no null",
    "CORE-035": "a write of what is there already is accepted; that others are not kept "
    "fails CORE-040",
    "CORE-037": "answers that hold records say that they are private",
    "CORE-043": "the ETag is the version of the record that came",
    "CORE-071": "reading shows what the answer to the write showed; that nothing was written "
    "fails CORE-040",
    "CORE-073": "the pages that came are valid",
    "CORE-076": "an update is answered with a full record of that id; that it changed nothing "
    "fails CORE-040 and CORE-044",
    "CORE-093": "the full record comes where another version is held",
    "CORE-102": "JSON comes wherever it is accepted",
    "CORE-109": "nothing that came was compressed",
}
JUSTIFIED: Mapping[str, Mapping[str, str]] = {
    **{f"claims-{name}": ANSWERS for name in (*SILENT, "empty-objects", "empty-lists")},
    **{f"claims-{null.id}": PROBLEM for null in REFUSING},
    "claims-empty-pages": {**ANSWERS, "CORE-073": "the pages that came are valid, though empty"},
    "claims-someone-elses": RECORDS,
}
"""What else a null provider keeps, and why that is no vacuous pass."""


def justified(null: Null) -> Mapping[str, str]:
    """The requirements that a null provider really keeps, each with the reason."""
    return {**(PAGE if null.claims else {}), **JUSTIFIED.get(null.id, {})}


# How they are judged


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, null: Null, page: bytes, *arguments: Any) -> None:
        self.null = null
        self.page = page
        super().__init__(*arguments)

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        path = self.path.partition("?")[0]
        base = f"http://{self.headers['Host']}"
        asked = Asked(self.command, base, path, self.rfile.read(length))
        if self.null.claims and path == "/" and self.command in {"GET", "HEAD"}:
            shown = self.page.replace(b"http://null.invalid", base.encode())
            reply = Reply(200, shown, headers={"Access-Control-Allow-Origin": "*"})
        else:
            reply = self.null.answer(asked)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Type", reply.media_type)
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD" and reply.status != 204:
            self.wfile.write(reply.body)

    do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = do_OPTIONS = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@contextmanager
def served(null: Null, standard: Standard) -> Iterator[Target]:
    """A null provider on a free loopback port, as a target with a token for each client."""
    page = json.dumps(landing("http://null.invalid", standard)).encode()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, null, page))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    roles = (*ROLES, *(f"a1.{name}" for name in SCOPED))
    clients = {role: Credentials(token=f"token-of-{role}") for role in roles}
    try:
        yield Target(f"http://127.0.0.1:{server.server_address[1]}", clients)
    finally:
        server.shutdown()
        server.server_close()


def judged(null: Null) -> Report:
    """What the suite says of a null provider, with all its checks and without preflight."""
    standard = load_standard()
    with served(null, standard) as target:
        return judge(target, Options(preflight=False, evidence=False, programs=2), standard)


def outcomes(report: Report) -> dict[str, Outcome]:
    """The outcome of each requirement that is checked."""
    checked = [name for name, row in report.requirements.items() if row["kind"] == "checked"]
    return {name: report.outcome(name) for name in checked}


def vacuous(null: Null, report: Report) -> list[str]:
    """The requirements that count as kept though nothing was done for them, in their order."""
    kept = [name for name, found in outcomes(report).items() if found is Outcome.PASS]
    return [name for name in kept if name not in justified(null)]


def vacuous_passes(nulls: Iterable[Null] = NULLS) -> list[tuple[str, str]]:
    """Null provider and requirement of each vacuous pass; there is to be none.

    A null provider that is not found to be NOT CONFORMANT counts too, with its verdict.
    """
    found = []
    for null in nulls:
        report = judged(null)
        found += [(null.id, name) for name in vacuous(null, report)]
        if report.verdict is not Verdict.NOT_CONFORMANT:
            found.append((null.id, str(report.verdict)))
    return found
