"""What tests of the reference provider share: real servers and a small client."""

import ast
import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import urllib3

from sbw_reference import server
from sbw_reference.behaviour import Behaviour
from sbw_reference.server import Running, Settings
from sbw_validator.standard import Standard

PROBLEMS = "https://w3id.org/small-business-web/problems/"
MINIMAL = {"name": {"given": "Ada", "family": "Lovelace"}}


@contextmanager
def serving(
    settings: Settings | None = None,
    behaviour: Behaviour | None = None,
    standard: Standard | None = None,
) -> Iterator[Running]:
    """Serve an app over HTTP from a thread of its own."""
    ready = threading.Event()
    started: list[tuple[Running, asyncio.AbstractEventLoop]] = []

    async def serve() -> None:
        running = server.start(settings or Settings(), behaviour or Behaviour(), standard)
        started.append((running, asyncio.get_running_loop()))
        ready.set()
        await running.serve()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(20)
    running, loop = started[0]
    try:
        yield running
    finally:
        loop.call_soon_threadsafe(running.stop)
        thread.join(20)
        assert not thread.is_alive()


@dataclass(frozen=True)
class Answer:
    """What came back: `value` is the JSON body, None where there is no body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def value(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body) if self.body else None

    def problem(self) -> tuple[int, str]:
        """Status and the last part of the problem type; the document says the same status."""
        assert self.headers["content-type"] == "application/problem+json"
        assert self.value["status"] == self.status
        return self.status, self.value["type"].removeprefix(PROBLEMS)


class Api:
    """A client of one app as one of its clients."""

    def __init__(self, running: Running, client: str | None = "a1") -> None:
        self.url = running.url
        self.pool = urllib3.PoolManager(maxsize=16, retries=False)
        self.token = running.inhabitants.clients[client].token if client else None

    def __call__(
        self,
        method: str,
        path: str,
        value: Any = None,
        *,
        body: bytes | None = None,
        **headers: str,
    ) -> Answer:
        """Send a request; header names are written with underscores."""
        sent = {name.replace("_", "-"): text for name, text in headers.items()}
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        if value is not None:
            body = json.dumps(value).encode()
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        url = path if path.startswith("http") else self.url + path
        got = self.pool.request(method, url, headers=sent, body=body, redirect=False)
        return Answer(got.status, {k.lower(): v for k, v in got.headers.items()}, got.data)

    def create(self, value: Any = None, path: str = "/contacts") -> dict[str, Any]:
        """Create a record and return it."""
        answer = self("POST", path, MINIMAL if value is None else value)
        assert answer.status == 201, answer.body
        record: dict[str, Any] = answer.value
        return record

    def walk(self, path: str) -> Iterator[dict[str, Any]]:
        """Yield the items of all pages from an address on."""
        following: str | None = path
        while following:
            page = self("GET", following)
            assert page.status == 200, page.body
            yield from page.value["items"]
            following = page.value.get("next")


def named(number: int | str, app: str = "com.example.crm") -> dict[str, Any]:
    """A body with one external id."""
    return {**MINIMAL, "external_ids": [{"app": app, "id": str(number)}]}


def texts(tree: ast.AST) -> Iterator[str]:
    """The string constants of a module that are no docstrings, parts of f-strings included."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    after = {
        id(following.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef)
        for one, following in zip(node.body, node.body[1:], strict=False)
        if isinstance(one, ast.Assign | ast.AnnAssign) and isinstance(following, ast.Expr)
    }
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and id(node) not in docs | after:
            yield text
