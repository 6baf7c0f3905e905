"""The ASGI application: routes built from the offers, requests turned into calls."""

import asyncio
import secrets
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.routing import Route

from sbw_reference import auth, landing, problems, reading, records, writing
from sbw_reference.answers import PRIVATE, Answer, Call
from sbw_reference.auth import Grant
from sbw_reference.behaviour import App
from sbw_reference.offers import Offer, Provider
from sbw_reference.problems import Problem, Refusal

LARGEST_BODY = 4 * 1024 * 1024
THREADS = 8
OPERATIONS: Mapping[str, Callable[[Provider, Offer, Call], Answer]] = {
    "list": reading.list_,
    "read": reading.read,
    "create": writing.create,
    "update": writing.update,
    "delete": writing.delete,
}

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, read to its end: header names in lower case."""

    method: str
    base: str
    id: str | None
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    too_large: bool


Handler = Callable[[Provider, Request], Answer]


@cache
def threads() -> ThreadPoolExecutor:
    """Return the pool in which all apps of this process handle their requests."""
    return ThreadPoolExecutor(THREADS, thread_name_prefix="request")


def application(provider: Provider) -> App:
    """Return the ASGI application of a provider."""
    routes = [
        Route("/", Endpoint(provider, landing_page)),
        Route("/token", Endpoint(provider, token)),
    ]
    for offer in provider.offers.values():
        for item, path in ((False, ""), (True, "/{id}")):
            if methods := offer.methods(item=item):
                handler = resource_handler(offer, methods)
                routes.append(Route(f"/{offer.resource.path}{path}", Endpoint(provider, handler)))
    routes.append(Route("/{rest:path}", Endpoint(provider, nothing)))
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False
    return provider.behaviour.middleware(app)


class Endpoint:
    """Runs a handler in the thread pool, for all methods of one route."""

    def __init__(self, provider: Provider, handler: Handler) -> None:
        self.provider = provider
        self.handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        body, too_large = await body_of(receive)
        request = request_of(scope, body, too_large=too_large)
        loop = asyncio.get_running_loop()
        status, headers, content = await loop.run_in_executor(threads(), self.respond, request)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def respond(self, request: Request) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """Return status, headers and body of the answer to a request; never raises."""
        try:
            answer = self.provider.behaviour.answer(self.handler(self.provider, request))
        except Refusal as refusal:
            answer = refused(self.provider, refusal.problem)
        except Exception:  # noqa: BLE001 - whatever goes wrong is answered and told
            traceback.print_exc(file=sys.stderr)
            answer = refused(self.provider, Problem(500, detail="The provider failed."))
        return written(self.provider, answer)


async def body_of(receive: Receive) -> tuple[bytes, bool]:
    """Return the body of a request, and whether it is larger than what is read."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size > LARGEST_BODY:
            return b"", True
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts), False


def request_of(scope: Scope, body: bytes, *, too_large: bool) -> Request:
    """Return the request of an ASGI scope."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    host = headers.get("host") or ":".join(map(str, scope["server"]))
    query = scope["query_string"].decode("latin-1")
    return Request(
        method="GET" if scope["method"] == "HEAD" else scope["method"],
        base=f"{scope['scheme']}://{host}{scope.get('root_path', '')}",
        id=scope["path_params"].get("id"),
        query=tuple(parse_qsl(query, keep_blank_values=True)),
        headers=headers,
        body=body,
        too_large=too_large,
    )


def refused(provider: Provider, problem: Problem) -> Answer:
    """Return the answer that a problem becomes."""
    behaviour = provider.behaviour
    problem = behaviour.problem(problem)
    document = behaviour.problem_document(problems.document(problem, secrets.token_hex(8)))
    headers = {**PRIVATE, **problem.headers}
    return Answer("refusal", problem.status, document, headers, "problem")


def written(provider: Provider, answer: Answer) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Return an answer as it goes over the wire."""
    behaviour = provider.behaviour
    headers, content = dict(answer.headers), b""
    if answer.kind != "empty":
        content = behaviour.encode(answer.document)
        headers.setdefault("Content-Type", behaviour.content_type(answer.kind, answer.operation))
    if answer.status not in (204, 304):
        headers["Content-Length"] = str(len(content))
    pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    return answer.status, pairs, content


def allowed(methods: Mapping[str, str]) -> dict[str, str]:
    """Return the Allow header of an address with these methods."""
    names = ["HEAD", *methods] if "GET" in methods else list(methods)
    return {"Allow": ", ".join(sorted(names))}


def landing_page(provider: Provider, request: Request) -> Answer:
    """Answer the landing page to anyone, and the preflight of a browser."""
    if request.method == "OPTIONS":
        return Answer("landing", 204, None, landing.PREFLIGHT, "empty")
    if request.method != "GET":
        raise Refusal(Problem(405, headers={"Allow": landing.PREFLIGHT["Allow"]}))
    reading.parameters(provider, call_of(request, "landing", ANYONE), frozenset())
    headers = provider.behaviour.landing_headers(landing.HEADERS)
    return Answer("landing", 200, provider.landing(request.base), headers)


def token(provider: Provider, request: Request) -> Answer:
    """Answer a token for client credentials (RFC 6749, section 4.4)."""
    if request.method != "POST":
        raise Refusal(Problem(405, headers={"Allow": "POST"}))
    from sbw_reference import oauth

    status, document, headers = oauth.token(provider.store, request.headers, request.body)
    return Answer("token", status, document, headers)


def nothing(provider: Provider, request: Request) -> Answer:
    """Refuse an address that leads nowhere, but tell only those who are let in."""
    authorized(provider, request)
    raise Refusal(problems.missing())


def resource_handler(offer: Offer, methods: Mapping[str, str]) -> Handler:
    """Return the handler of a resource's address for the operations of its methods."""

    def handle(provider: Provider, request: Request) -> Answer:
        grant = authorized(provider, request)
        operation = methods.get(request.method)
        if operation is None:
            raise Refusal(Problem(405, headers=allowed(methods)))
        needed = landing.scope(offer.resource, operation)
        if not provider.behaviour.permits(grant.scopes, needed):
            raise Refusal(out_of_scope(needed))
        return OPERATIONS[operation](provider, offer, call_of(request, operation, grant))

    return handle


ANYONE = Grant("", "", frozenset())


def call_of(request: Request, operation: str, grant: Grant) -> Call:
    """Return the call that a request makes."""
    return Call(
        operation,
        request.base,
        request.id,
        request.query,
        request.headers,
        request.body,
        grant,
        request.too_large,
    )


def authorized(provider: Provider, request: Request) -> Grant:
    """Return the grant of a request; refuse it with 401 if it has none that holds."""
    behaviour = provider.behaviour
    token = behaviour.bearer(request.headers, request.query)
    if token is None:
        raise Refusal(unauthorized(provider, None, "Send a bearer token."))
    grant = auth.grant_of(provider.store, token)
    if grant is None or not behaviour.valid(grant, records.now()):
        raise Refusal(unauthorized(provider, "invalid_token", "The token is not valid."))
    return grant


def unauthorized(provider: Provider, error: str | None, detail: str) -> Problem:
    """Return the problem of a request without a valid token (RFC 6750, section 3)."""
    challenge = provider.behaviour.challenge(error)
    headers = {} if challenge is None else {"WWW-Authenticate": challenge}
    return Problem(401, "unauthorized", detail, headers=headers)


def out_of_scope(needed: str) -> Problem:
    """Return the problem of a token that lacks a scope (RFC 6750, section 3.1)."""
    challenge = f'{auth.REALM}, error="insufficient_scope", scope="{needed}"'
    headers = {"WWW-Authenticate": challenge}
    return Problem(403, "insufficient-scope", f"The token lacks {needed}.", headers=headers)
