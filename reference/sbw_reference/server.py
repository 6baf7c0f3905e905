"""Real servers: one app, its store and its socket."""

import asyncio
import contextlib
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import uvicorn
from sqlalchemy import exc

from sbw_reference import app, offers, seeding, tables
from sbw_reference.behaviour import Behaviour
from sbw_reference.declarations import Declares
from sbw_reference.errors import UsageError
from sbw_reference.seeding import Inhabitants
from sbw_reference.store import Store
from sbw_validator.standard import Standard, load_standard

BACKLOG = 512
GRACE = 1.0  # seconds that open requests get when an app stops


@dataclass(frozen=True, slots=True)
class Settings:
    """How to start one app: an address, classes (None: all), a database URL (None: throw-away).

    `declares` is what it says of its resources, None for what it says by default. `in_turn` answers
    one request after another, which takes less work, in place of many at a time.
    """

    name: str = "reference"
    host: str = "127.0.0.1"
    port: int = 0
    classes: tuple[str, ...] | None = None
    database: str | None = None
    seed_data: int = 0
    declares: Declares | None = None
    in_turn: bool = False


class Quiet(uvicorn.Server):
    """A server that leaves signals to its process, sleeps while it serves, and ends at once."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ended = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    async def main_loop(self) -> None:
        """Renew the Date header each second until the end."""
        while not self.ended.is_set():
            await self.on_tick(0)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.ended.wait(), 1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more requests, and let those that are open end within GRACE."""
        for listening in (*self.servers, *(sockets or ())):
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if tasks := set(self.server_state.tasks):
            _, late = await asyncio.wait(tasks, timeout=GRACE)
            for task in late:
                task.cancel()
        await asyncio.sleep(0)


@dataclass(frozen=True, eq=False)
class Running:
    """One app that listens; `url` is its base."""

    settings: Settings
    url: str
    inhabitants: Inhabitants
    store: Store
    home: Path | None
    server: Quiet
    listener: socket.socket

    async def serve(self) -> None:
        """Serve until `stop`, then close the store and remove what was thrown away."""
        try:
            await self.server.serve(sockets=[self.listener])
        finally:
            self.close()

    def stop(self) -> None:
        """Let `serve` end."""
        self.server.ended.set()

    def close(self) -> None:
        """Let go of everything; the throw-away database is removed."""
        self.listener.close()
        self.store.close()
        if self.home is not None:
            shutil.rmtree(self.home, ignore_errors=True)

    def to_json(self) -> dict[str, Any]:
        """Return the ready line."""
        return {"name": self.settings.name, "url": self.url, **self.inhabitants.to_json()}


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; UsageError if the address cannot be had.

    The protocol is named because asyncio switches off Nagle's algorithm only then, without which
    each answer to a write waits 40 ms for an acknowledgement.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        raise UsageError(
            f"{host}:{port} cannot be listened on ({error}); stop what uses it, "
            "or choose another with --host and --port (0 takes a free port)."
        ) from error
    return listener


def open_store(database: str | None) -> tuple[Store, Path | None]:
    """Return a store with its tables, and the folder to remove with it; UsageError if it fails."""
    home = Path(mkdtemp(prefix="sbw-reference-")) if database is None else None
    url = database or f"sqlite:///{home}/records.db"
    try:
        store = Store(tables.connect(url, throw_away=home is not None))
        store.prepare()
    except (exc.SQLAlchemyError, ImportError, ValueError) as error:
        if home is not None:
            shutil.rmtree(home, ignore_errors=True)
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise UsageError(
            f"The database {shown(url)} cannot be used ({cause}); check that it runs and that "
            "--db is a URL such as sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME."
        ) from error
    return store, home


def shown(url: str) -> str:
    """Return a database URL without its password."""
    head, at, tail = url.rpartition("@")
    scheme, slashes, user = head.partition("://")
    return f"{scheme}{slashes}{user.partition(':')[0]}{at}{tail}" if at else url


def start(settings: Settings, behaviour: Behaviour, standard: Standard | None = None) -> Running:
    """Return an app that is ready to serve; UsageError with what to try if it cannot be."""
    listener = listen(settings.host, settings.port)
    try:
        store, home = open_store(settings.database)
    except UsageError:
        listener.close()
        raise
    try:
        provider = offers.provider(
            standard or load_standard(), settings.classes, behaviour, store, settings.declares
        )
        inhabitants = seeding.inhabit(provider, settings.seed_data)
        config = uvicorn.Config(
            app.application(provider, in_turn=settings.in_turn),
            access_log=False,
            backlog=BACKLOG,
            interface="asgi3",
            lifespan="off",
            proxy_headers=False,
            log_config=None,
            server_header=False,
            ws="none",
        )
    except BaseException:
        listener.close()
        store.close()
        if home is not None:
            shutil.rmtree(home, ignore_errors=True)
        raise
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{host}:{listener.getsockname()[1]}"
    return Running(settings, url, inhabitants, store, home, Quiet(config), listener)
