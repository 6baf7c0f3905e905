"""The process that serves an ASGI or WSGI app for a run.

`python -m sbw_conformance.serving module:attribute` serves it until standard input ends, and says
where in one line of JSON: `{"url"}`, or `{"message", "hint"}` where it cannot be served.
"""

import importlib
import inspect
import json
import logging
import os
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TextIO

import uvicorn
from a2wsgi import WSGIMiddleware

from sbw_conformance.hosting import last_line
from sbw_conformance.target import ConfigurationError

WORKERS = 16
"""Requests that a WSGI app gets at a time."""

EXAMPLE = "Name a module and what in it is the app: --app app:app for `app` in app.py."


def load(spec: str) -> Any:
    """The ASGI app that `spec` names, a WSGI app wrapped in one; ConfigurationError if none is."""
    name, colon, path = spec.partition(":")
    if not (colon and path and all(part.isidentifier() for part in name.split("."))):
        raise ConfigurationError(f"{spec!r} names no app.", EXAMPLE)
    found: Any = _module(name)
    for part in path.split("."):
        if not hasattr(found, part):
            raise ConfigurationError(
                f"The module {name} has no {path!r}.",
                f"Which name has the app in {getattr(sys.modules[name], '__file__', name)}? "
                f"{EXAMPLE}",
            )
        found = getattr(found, part)
    match _interface(found):
        case "asgi":
            return found
        case "wsgi":
            return WSGIMiddleware(found, workers=WORKERS)
    raise ConfigurationError(
        f"{spec} is neither an ASGI nor a WSGI app, but {_what(found)}.",
        f"Is it a function that makes the app? Call it in the module (app = {path}()) and name "
        "what it gives."
        if callable(found) and not inspect.isclass(found)
        else EXAMPLE,
    )


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except BaseException as error:  # noqa: BLE001  # also one that calls sys.exit()
        if isinstance(error, ModuleNotFoundError) and f"{name}.".startswith(f"{error.name}."):
            raise ConfigurationError(
                f"There is no module {error.name!r} in {Path.cwd()} or among what is installed for "
                f"{sys.executable}.",
                "Change to the folder that holds it, or add that folder to PYTHONPATH.",
            ) from None
        traceback.print_exc()
        [last] = traceback.format_exception_only(error)[-1:]
        raise ConfigurationError(
            f"The module {name} cannot be imported: {last.strip()}{_place(error)}",
            f"Import it yourself to see more: python -c 'import {name}'",
        ) from None


def _place(error: BaseException) -> str:
    """The line of the vendor's that an import ended in."""
    if isinstance(error, SyntaxError):
        return f" ({error.filename}, line {error.lineno})" if error.filename else ""
    inside = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename != __file__ and not frame.filename.startswith("<frozen ")
    ]
    here = [frame for frame in inside if Path(frame.filename).is_relative_to(Path.cwd())]
    frames = here or inside
    return f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""


def _interface(found: Any) -> str | None:
    """Tell an ASGI from a WSGI app by what it is called with: three arguments or two."""
    if not callable(found) or inspect.isclass(found):
        return None
    call = getattr(found, "__call__", found)  # noqa: B004  # a method tells more than its object
    later = inspect.iscoroutinefunction(found) or inspect.iscoroutinefunction(call)
    if _takes(found, 3) and (later or not _takes(found, 2)):
        return "asgi"
    return "wsgi" if _takes(found, 2) and not later else None


def _takes(found: Callable[..., Any], arguments: int) -> bool:
    try:
        inspect.signature(found).bind(*range(arguments))
    except (TypeError, ValueError):
        return False
    return True


def _what(found: Any) -> str:
    if inspect.isclass(found):
        return f"the class {found.__qualname__}"
    if callable(found):
        try:
            return f"something that is called with {inspect.signature(found)}"
        except (TypeError, ValueError):
            pass
    kind = type(found).__name__
    return f"{'an' if kind[0].lower() in 'aeiou' else 'a'} {kind}"


class _Words(logging.StreamHandler[TextIO]):
    """Prints what the server has to complain of, and keeps the first of it."""

    def __init__(self) -> None:
        super().__init__()
        self.first = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.first = self.first or last_line(record.getMessage())
        super().emit(record)


def serve(app: Any, say: Callable[[dict[str, str]], None]) -> None:
    """Serve an ASGI app on a free loopback port until standard input ends; `say` where."""

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            say({"url": f"http://127.0.0.1:{listener.getsockname()[1]}"})
            threading.Thread(target=self.watch, daemon=True).start()

        def watch(self) -> None:
            sys.stdin.buffer.read()
            self.should_exit = True

    # asyncio switches off Nagle's algorithm only where the protocol is named.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        access_log=False,
        interface="asgi3",
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        ws="none",
    )
    words = _Words()
    words.setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").addHandler(words)
    try:
        Server(config).run(sockets=[listener])
    except SystemExit:
        raise ConfigurationError(
            f"The app's start-up (ASGI lifespan) failed: {words.first or 'it gives no reason'}.",
            "What it needs, such as a database, has to be there for a run as well.",
        ) from None


def main() -> NoReturn:
    """Serve what the command line names."""
    # Whatever an app prints, standard output holds our one line.
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(value: dict[str, str]) -> None:
        channel.write(json.dumps(value) + "\n")
        channel.flush()

    sys.path.insert(0, str(Path.cwd()))
    try:
        serve(load(sys.argv[1]), say)
    except ConfigurationError as error:
        say({"message": error.message, "hint": error.hint})
        sys.exit(1)
    sys.exit(0)


if __name__ == "__main__":
    main()
