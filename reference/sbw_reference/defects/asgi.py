"""Mistakes of what stands in front of an app: gateways, frameworks, proxies."""

import json
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from sbw_reference.behaviour import App
from sbw_reference.defects.defect import Fire
from sbw_reference.problems import REGISTERED

Scope = Any
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = dict[str, str]
Simple = tuple[int, dict[str, str], bytes]
Make = Callable[[Callable[[App], App], Fire], Callable[[App], App]]


def header(scope: Scope, name: str) -> str | None:
    """Return a header of a request; None if it has none of the name."""
    wanted = name.lower().encode()
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == wanted), None)


def problem(status: int, title: str, name: str | None = None) -> Simple:
    """Return a problem document as an answer: a plain one, or one of a registered type."""
    kind = "about:blank" if name is None else REGISTERED + name
    document = {"type": kind, "title": title, "status": status}
    return status, {"content-type": "application/problem+json"}, json.dumps(document).encode()


async def send_simple(send: Send, answer: Simple) -> None:
    """Send an answer that is ready."""
    status, headers, body = answer
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    if status not in {204, 304}:
        pairs.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


def answering(decide: Callable[[Scope], Simple | None]) -> Make:
    """Return a defect that answers by itself where `decide` gives an answer."""

    async def run(app: App, fire: Fire, scope: Scope, receive: Any, send: Send) -> None:
        answer = decide(scope)
        if answer is None:
            await app(scope, receive, send)
        else:
            fire()
            await send_simple(send, answer)

    return _middleware(run)


def rewriting(change: Callable[[Scope], Scope | None]) -> Make:
    """Return a defect that passes on another request where `change` gives one."""

    async def run(app: App, fire: Fire, scope: Scope, receive: Any, send: Send) -> None:
        changed = change(scope)
        if changed is not None:
            fire()
        await app(changed or scope, receive, send)

    return _middleware(run)


def replacing(decide: Callable[[Scope, int], Simple | None]) -> Make:
    """Return a defect that sends another answer where `decide` gives one for a status."""

    async def run(app: App, fire: Fire, scope: Scope, receive: Any, send: Send) -> None:
        answer: list[Simple] = []

        async def instead(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer.extend(filter(None, [decide(scope, message["status"])]))
            if not answer:
                await send(message)

        await app(scope, receive, instead)
        if answer:
            fire()
            await send_simple(send, answer[0])

    return _middleware(run)


def amending(change: Callable[[Scope, int, Headers], Headers]) -> Make:
    """Return a defect that changes the headers of answers, their names in lower case."""

    async def run(app: App, fire: Fire, scope: Scope, receive: Any, send: Send) -> None:
        async def amended(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                before = {
                    name.decode(): value.decode("latin-1") for name, value in message["headers"]
                }
                after = change(scope, message["status"], before)
                if after != before:
                    fire()
                pairs = [(name.encode(), value.encode("latin-1")) for name, value in after.items()]
                message = {**message, "headers": pairs}
            await send(message)

        await app(scope, receive, amended)

    return _middleware(run)


def _middleware(run: Callable[..., Awaitable[None]]) -> Make:
    """Return what makes the seam `middleware` of a function that runs for each request."""

    def make(original: Callable[[App], App], fire: Fire) -> Callable[[App], App]:
        return lambda app: partial(run, original(app), fire)

    return make
