"""Requests, read from the wire to their end."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from sbw_reference import coding, landing
from sbw_reference.answers import Call
from sbw_reference.auth import Grant
from sbw_reference.offers import Provider
from sbw_reference.problems import Problem, Refusal

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request: header names in lower case, `body` as it came, `head` for HEAD.

    A body that is larger than what is read breaks off.
    """

    method: str
    head: bool
    base: str
    path: str
    id: str | None
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes


def largest(provider: Provider) -> int:
    """Return how many bytes of a body are taken, unpacked."""
    return provider.behaviour.body_bytes(landing.BODY_BYTES)


async def received(provider: Provider, receive: Receive) -> bytes:
    """Return the body of a request, broken off where it is larger than what is read."""
    parts: list[bytes] = []
    size, most = 0, coding.packed_bytes(largest(provider))
    more = True
    while more and size <= most:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = bool(message.get("more_body"))
    return b"".join(parts)


def request_of(scope: Scope, body: bytes) -> Request:
    """Return the request of an ASGI scope."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    host = headers.get("host") or ":".join(map(str, scope["server"]))
    query = scope["query_string"].decode("latin-1")
    head = scope["method"] == "HEAD"
    return Request(
        method="GET" if head else scope["method"],
        head=head,
        base=f"{scope['scheme']}://{host}{scope.get('root_path', '')}",
        path=scope["path"],
        id=scope["path_params"].get("id"),
        query=tuple(parse_qsl(query, keep_blank_values=True)),
        headers=headers,
        body=body,
    )


def call_of(provider: Provider, request: Request, operation: str, grant: Grant) -> Call:
    """Return the call that a request makes."""
    body, flaw = contents(provider, request)
    return Call(
        operation=operation,
        base=request.base,
        id=request.id,
        query=request.query,
        headers=request.headers,
        body=body,
        grant=grant,
        address=f"{request.method} {request.path}",
        flaw=flaw,
    )


def contents(provider: Provider, request: Request) -> tuple[bytes, Problem | None]:
    """Return the body of a request unpacked, or what answers a body that cannot be."""
    packing = request.headers.get("content-encoding")
    try:
        return provider.behaviour.unpack(request.body, packing, largest(provider)), None
    except Refusal as refusal:
        return b"", refusal.problem
