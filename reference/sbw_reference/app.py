"""The ASGI application: routes built from the offers, requests turned into calls."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route

from sbw_reference import access, batch, catalog, landing, problems, reading, sandbox, writing
from sbw_reference.answers import PRIVATE, Answer, Call
from sbw_reference.auth import Grant
from sbw_reference.behaviour import App
from sbw_reference.incoming import Receive, Request, Scope, call_of, received, request_of
from sbw_reference.offers import Offer, Provider
from sbw_reference.outgoing import Wire, answered, written
from sbw_reference.problems import Problem, Refusal

THREADS = 8
OPERATIONS: Mapping[str, Callable[[Provider, Offer, Call], Answer]] = {
    "list": reading.list_,
    "read": reading.read,
    "create": writing.create,
    "update": writing.update,
    "upsert": writing.upsert,
    "delete": writing.delete,
}
ANYONE = Grant("", "", frozenset())

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Handler = Callable[[Provider, Request], Answer]
Operation = Callable[[Provider, Offer, Call], Answer]


@cache
def threads() -> ThreadPoolExecutor:
    """Return the pool in which all apps of this process handle their requests."""
    return ThreadPoolExecutor(THREADS, thread_name_prefix="request")


def application(provider: Provider, *, in_turn: bool = False) -> App:
    """Return the ASGI application of a provider; `in_turn` answers one request after another."""
    routes = [
        Route(path, Endpoint(provider, handler, in_turn=in_turn))
        for path, handler in addresses(provider)
    ]
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False
    return provider.behaviour.middleware(app)


def addresses(provider: Provider) -> Iterator[tuple[str, Handler]]:
    """Yield the path of each address with its handler; the first that fits answers."""
    yield "/", landing_page
    yield "/token", token
    yield catalog.PATH, api_catalog
    if "sandbox" in provider.classes:
        yield sandbox.PATH, controls
    for offer in provider.offers.values():
        if "bulk" in provider.classes and batch.offered(offer):
            yield f"/{offer.resource.path}{batch.PATH}", batch_handler(offer)
        for path, methods in offer.addresses().items():
            yield f"/{offer.resource.path}{path}", resource_handler(offer, methods)
    yield "/{rest:path}", nothing


class Endpoint:
    """Runs a handler for all methods of one route: in the thread pool, or `in_turn` at once.

    Handing a request to a thread and its answer back costs a quarter of all work.
    """

    def __init__(self, provider: Provider, handler: Handler, *, in_turn: bool) -> None:
        self.provider = provider
        self.handler = handler
        self.in_turn = in_turn

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        request = request_of(scope, await received(self.provider, receive))
        if self.in_turn:
            status, headers, content = self.respond(request)
        else:
            loop = asyncio.get_running_loop()
            status, headers, content = await loop.run_in_executor(threads(), self.respond, request)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def respond(self, request: Request) -> Wire:
        """Return status, headers and body of the answer to a request; never raises."""
        provider = self.provider
        answer = answered(provider, lambda: self.handler(provider, request))
        return written(provider, request, answer)


def allowed(methods: Mapping[str, Any]) -> dict[str, str]:
    """Return the Allow header of an address with these methods."""
    names = ["HEAD", *methods] if "GET" in methods else list(methods)
    return {"Allow": ", ".join(sorted(names))}


def landing_page(provider: Provider, request: Request) -> Answer:
    """Answer the landing page to anyone, and the preflight of a browser.

    Who sends a token is let in with it, and the answer is for nobody else.
    """
    if request.method == "OPTIONS":
        return Answer("landing", 204, None, landing.PREFLIGHT, "empty")
    if request.method != "GET":
        raise Refusal(Problem(405, headers={"Allow": landing.PREFLIGHT["Allow"]}))
    behaviour = provider.behaviour
    known = "authorization" in request.headers
    grant = access.authorized(provider, request) if known else None
    access.acceptable(provider, request)
    reading.parameters(provider, call_of(provider, request, "landing", ANYONE), frozenset())
    own = {"Link": catalog.link(), **(PRIVATE if grant is not None else {})}
    headers = behaviour.landing_headers({**landing.HEADERS, **own})
    return Answer(
        "landing", 200, behaviour.landing_for(provider.landing(request.base), grant), headers
    )


def api_catalog(_provider: Provider, request: Request) -> Answer:
    """Answer the API catalog of the origin to anyone."""
    if request.method != "GET":
        raise Refusal(Problem(405, headers=allowed({"GET": None})))
    return Answer("catalog", 200, catalog.document(request.base), landing.HEADERS, "linkset")


def token(provider: Provider, request: Request) -> Answer:
    """Answer a token for client credentials (RFC 6749, section 4.4)."""
    if request.method != "POST":
        raise Refusal(Problem(405, headers={"Allow": "POST"}))
    from sbw_reference import oauth

    call = call_of(provider, request, "token", ANYONE)
    if call.flaw is not None:
        raise Refusal(call.flaw)
    status, document, headers = oauth.token(provider.store, request.headers, call.body)
    return Answer("token", status, document, headers)


def controls(provider: Provider, request: Request) -> Answer:
    """Let a control of the sandbox take effect for the business of the token."""
    grant = access.authorized(provider, request)
    if request.method != "POST":
        raise Refusal(Problem(405, headers={"Allow": "POST"}))
    access.acceptable(provider, request)
    return sandbox.answer(provider, call_of(provider, request, "control", grant))


def nothing(provider: Provider, request: Request) -> Answer:
    """Refuse an address that leads nowhere, but tell only those who are let in."""
    access.authorized(provider, request)
    raise Refusal(problems.missing())


def resource_handler(offer: Offer, methods: Mapping[str, str]) -> Handler:
    """Return the handler of a resource's address for the operations of its methods."""

    def handle(provider: Provider, request: Request) -> Answer:
        grant = access.authorized(provider, request)
        operation = methods.get(request.method)
        if operation is None:
            raise Refusal(Problem(405, headers=allowed(methods)))
        access.scoped(provider, offer, request, operation, grant)
        access.acceptable(provider, request)
        return OPERATIONS[operation](provider, offer, call_of(provider, request, operation, grant))

    return handle


def batch_handler(offer: Offer) -> Handler:
    """Return the handler of the batches of a collection."""

    def handle(provider: Provider, request: Request) -> Answer:
        grant = access.authorized(provider, request)
        if request.method != "POST":
            raise Refusal(Problem(405, headers={"Allow": "POST"}))
        access.scoped(provider, offer, request, "batch", grant)
        access.acceptable(provider, request)
        call = call_of(provider, request, "batch", grant)
        return batch.answer(provider, offer, call, OPERATIONS)

    return handle
