"""Freedoms of HTTP, of limits and of a sandbox: correct providers that are built in another way."""

import asyncio
import itertools
import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from email.utils import formatdate
from functools import partial
from typing import Any

from sbw_reference import coding, sandbox
from sbw_reference.answers import Answer
from sbw_reference.auth import Grant
from sbw_reference.behaviour import App
from sbw_reference.cursors import Cursor
from sbw_reference.defects import asgi
from sbw_reference.defects.asgi import Headers, Scope, Send
from sbw_reference.defects.variants import Variant
from sbw_reference.problems import Problem, Refusal

Page = dict[str, Any]
PER_SECOND = 100
BURST = 20
POLICY = f'"default";q={PER_SECOND};w=1'
SMALLEST_BODY = 65_536
SMALLEST_BATCH = 20
HOUR = 3_600_000  # milliseconds
DEPRECATED = 1_735_689_600  # 2025-01-01, in seconds
SLOW = 0.02  # seconds
SLOWEST = 2.0
SELDOM = 100
SUNSET = formatdate(1_956_528_000, usegmt=True)  # 2032-01-01


class Buckets:
    """A bucket of tokens for each client, filled PER_SECOND times a second up to BURST."""

    def __init__(self) -> None:
        self._left: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, client: str) -> int | None:
        """Take one and return how many are left; None if there was none."""
        with self._lock:
            moment = time.monotonic()
            left, before = self._left.get(client, (float(BURST), moment))
            left = min(BURST, left + (moment - before) * PER_SECOND)
            taken = left >= 1
            self._left[client] = (left - taken, moment)
        return int(left - 1) if taken else None


def _rate_limited(original: Callable[[App], App]) -> Any:
    """Refuse who asks too often, and tell everybody how much is left."""
    buckets = Buckets()

    async def run(app: App, scope: Scope, receive: Any, send: Send) -> None:
        left = buckets.take(asgi.header(scope, "authorization") or "")
        told = {"ratelimit-policy": POLICY, "ratelimit": f'"default";r={left or 0};t=1'}
        if left is None:
            status, headers, body = asgi.problem(429, "Too many requests", "rate-limited")
            await asgi.send_simple(send, (status, {**headers, **told, "retry-after": "1"}, body))
            return

        async def telling(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                pairs = [(name.encode(), value.encode()) for name, value in told.items()]
                message = {**message, "headers": [*message["headers"], *pairs]}
            await send(message)

        await app(scope, receive, telling)

    return lambda app: partial(run, original(app))


def _chunked(original: Callable[[App], App]) -> Any:
    """Send answers without their length, and end the connection after each."""

    def unmeasured(_scope: Scope, _status: int, headers: Headers) -> Headers:
        others = {name: value for name, value in headers.items() if name != "content-length"}
        return {**others, "connection": "close"}

    return asgi.amending(unmeasured)(original, lambda: None)


def _slow(original: Callable[[App], App]) -> Any:
    """Take a while for each answer, and long for one in SELDOM."""
    numbers = itertools.count(1)

    async def run(app: App, scope: Scope, receive: Any, send: Send) -> None:
        await asyncio.sleep(SLOWEST if next(numbers) % SELDOM == 0 else SLOW)
        await app(scope, receive, send)

    return lambda app: partial(run, original(app))


def _deprecated(original: Any) -> Any:
    def answer(found: Answer) -> Answer:
        given: Answer = original(found)
        told = {"Deprecation": f"@{DEPRECATED}", "Sunset": SUNSET}
        return replace(given, headers={**given.headers, **told})

    return answer


def _no_store(original: Any) -> Any:
    def answer(found: Answer) -> Answer:
        given: Answer = original(found)
        if given.headers.get("Cache-Control") != "private":
            return given
        return replace(given, headers={**given.headers, "Cache-Control": "no-store"})

    return answer


def _plain_only(original: Any) -> Any:
    """Read no body that is packed."""

    def unpack(body: bytes, packing: str | None, limit: int) -> bytes:
        if (packing or "").strip().lower() not in coding.PLAIN:
            raise Refusal(Problem(415, headers={"Accept-Encoding": "identity"}))
        found: bytes = original(body, packing, limit)
        return found

    return unpack


def _with_least_limits(original: Any) -> Any:
    """Say nothing of limits: those that hold are the least that the standard allows."""

    def landing(page: Page) -> Page:
        shown: Page = original(page)
        kept = {"settle_seconds": shown["limits"]["settle_seconds"]}
        return {**shown, "limits": kept}

    return landing


def _in_production(original: Any) -> Any:
    """Claim no sandbox."""

    def landing(page: Page) -> Page:
        shown: Page = original(page)
        classes = [uri for uri in shown["conforms_to"] if not uri.endswith("/sandbox")]
        kept = {name: value for name, value in shown.items() if name != "sandbox"}
        return {**kept, "conforms_to": classes, "environment": "production"}

    return landing


def without_controls(original: Callable[[App], App]) -> Any:
    """Have no address for controls."""

    def absent(scope: Scope) -> asgi.Simple | None:
        return asgi.problem(404, "Not found") if scope["path"] == sandbox.PATH else None

    return asgi.answering(absent)(original, lambda: None)


def _hourly(original: Any) -> Any:
    """Let a cursor expire an hour after its last use."""
    used: dict[Cursor, int] = {}
    lock = threading.Lock()

    def expired(cursor: Cursor, epoch: int, now: int) -> bool:
        with lock:
            late = now - used.get(cursor, cursor.given) > HOUR
            if not late:
                used[cursor] = now
        return late or bool(original(cursor, epoch, now))

    return expired


def _personal(original: Any) -> Any:
    """Tell those who send a token what they may do, and less of what they may not."""

    def landing_for(page: Page, grant: Grant | None) -> Page:
        shown: Page = original(page, grant)
        if grant is None:
            return shown
        plan = {"plan": {"name": "gold"}, "permissions": sorted(grant.scopes)}
        return {name: value for name, value in shown.items() if name != "environment"} | plan

    return landing_for


def _spaced(original: Any) -> Any:
    """Write JSON for people, and what is not ASCII as escapes."""

    def encode(document: Any) -> bytes:
        original(document)
        return json.dumps(document, indent=2).encode() + b"\n"

    return encode


VARIANTS = (
    Variant(
        "deprecated",
        "Answers say when the API was deprecated, and when it ends",
        {"answer": _deprecated},
    ),
    Variant(
        "rate-limited",
        f"A client has {PER_SECOND} requests a second, at most {BURST} at once",
        {"middleware": _rate_limited},
    ),
    Variant(
        "slow",
        f"An answer takes {SLOW * 1000:.0f} ms, and one in {SELDOM} takes {SLOWEST:.0f} s",
        {"middleware": _slow},
    ),
    Variant(
        "compressing",
        "Whatever may be packed is, in chunks, and each connection is closed",
        {
            "compress": lambda _original: (
                lambda accepted, _size: coding.wanted(accepted, coding.SMALLEST)
            ),
            "middleware": _chunked,
        },
    ),
    Variant("no-store", "No answer that holds records is kept by anybody", {"answer": _no_store}),
    Variant("plain-bodies", "Bodies in gzip are refused", {"unpack": _plain_only}),
    Variant(
        "least-limits",
        "Bodies and batches have the smallest limits there can be, and they are not declared",
        {
            "landing": _with_least_limits,
            "body_bytes": lambda _original: lambda _declared: SMALLEST_BODY,
            "batch_limit": lambda _original: lambda _declared: SMALLEST_BATCH,
        },
    ),
    Variant(
        "production",
        "Nothing is claimed of a sandbox",
        {"landing": _in_production, "middleware": without_controls},
    ),
    Variant("hourly-cursors", "A cursor expires an hour after its last use", {"expired": _hourly}),
    Variant(
        "personal-landing",
        "The landing page has more and less for those who send a token",
        {"landing_for": _personal},
    ),
    Variant(
        "indented", "JSON is indented, and has escapes for what is not ASCII", {"encode": _spaced}
    ),
)
