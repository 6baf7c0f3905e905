"""Apps named instead of a URL: served on a loopback port, or refused in a sentence."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from a2wsgi import WSGIMiddleware
from tests.conformance.support import MEASURING, until

from sbw_conformance.hosting import Hosted
from sbw_conformance.serving import load
from sbw_conformance.target import ConfigurationError

APPS = """
async def asgi(scope, receive, send):
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"asgi " + scope["path"].encode()})

def wsgi(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"wsgi ", environ["PATH_INFO"].encode()]

class Asgi:
    async def __call__(self, scope, receive, send):
        await asgi(scope, receive, send)

class Wsgi:
    def __call__(self, environ, start_response):
        return wsgi(environ, start_response)

    def __getattr__(self, name):
        raise AttributeError(name)

def plain(scope, receive, send):
    return asgi(scope, receive, send)

class holder:
    app = wsgi

objects = [Asgi(), Wsgi()]
asgi_object, wsgi_object = objects
number = 7
word = "app"

def factory():
    return wsgi

async def handler(request):
    return request

print("a line on standard output")
"""

LIFE = """
async def app(scope, receive, send):
    assert scope["type"] == "lifespan"
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "Traceback\\nNoDatabase: none"})
"""


@pytest.fixture(autouse=True)
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure what serves an app, which is a process of its own."""
    for name, value in MEASURING.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with a module of apps."""
    (tmp_path / "apps.py").write_text(APPS, encoding="utf-8")
    return tmp_path


def body(url: str) -> str:
    """What an address answers."""
    with urlopen(url, timeout=10) as answer:  # noqa: S310  # loopback
        return str(answer.read().decode())


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the folder as the current one, whose modules are forgotten afterwards."""
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    known = set(sys.modules)
    yield folder
    for name in set(sys.modules) - known:
        if (folder / f"{name}.py").exists():
            del sys.modules[name]


@pytest.mark.parametrize("kind", ["asgi", "wsgi"])
def test_an_app_is_served_for_as_long_as_the_context_lasts(kind: str, folder: Path) -> None:
    """It answers at its URL, and nothing answers there afterwards."""
    with Hosted(f"apps:{kind}", folder) as hosted:
        assert hosted.url.startswith("http://127.0.0.1:")
        assert body(f"{hosted.url}/some/path") == f"{kind} /some/path"
    with pytest.raises(URLError):
        body(hosted.url)


@pytest.mark.usefixtures("here")
def test_the_two_interfaces_are_told_apart_by_what_an_app_takes() -> None:
    """Functions, objects and members of others are apps; a function may give a coroutine."""
    for name in ("asgi", "asgi_object", "plain"):
        assert not isinstance(load(f"apps:{name}"), WSGIMiddleware)
    for name in ("wsgi", "wsgi_object", "holder.app"):
        assert isinstance(load(f"apps:{name}"), WSGIMiddleware)


def test_a_module_of_the_vendor_does_not_stand_in_for_one_of_the_server(folder: Path) -> None:
    """A file `yaml.py` or `uvicorn.py` beside the app is the app's alone."""
    for name in ("yaml", "uvicorn", "json", "sbw_conformance"):
        (folder / f"{name}.py").write_text("raise SystemExit('taken')\n", encoding="utf-8")
    with Hosted("apps:wsgi", folder) as hosted:
        assert body(hosted.url) == "wsgi /"


def test_what_an_app_prints_goes_to_its_log(folder: Path) -> None:
    """Lines of the app, and the traceback of a request that it stumbles over, are kept."""
    (folder / "odd.py").write_text(
        "print('hello')\ndef app(environ, start_response):\n    raise KeyError('lost')\n",
        encoding="utf-8",
    )
    log = folder / "app.log"
    with Hosted("odd:app", folder, log=log) as hosted, pytest.raises(URLError, match="500"):
        body(hosted.url)
    said = log.read_text(encoding="utf-8")
    assert said.startswith("hello\n")
    assert "KeyError: 'lost'" in said


def test_answers_leave_at_once(folder: Path) -> None:
    """Small writes are not held back until the one before is acknowledged (TCP_NODELAY)."""
    with Hosted("apps:asgi", folder) as hosted:
        port = int(hosted.url.rpartition(":")[2])
        times = []
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            for _ in range(9):
                began = time.monotonic()
                connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                said = b""
                while not said.endswith(b"0\r\n\r\n"):
                    said += connection.recv(4096)
                times.append(time.monotonic() - began)
    assert sorted(times)[4] < 0.03, times


def test_the_app_ends_with_the_suite(folder: Path) -> None:
    """A suite that is killed leaves no app behind: its standard input ends then."""
    command = [sys.executable, "-m", "sbw_conformance.serving", "apps:asgi"]
    with subprocess.Popen(
        command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as popen:
        assert popen.stdin is not None
        assert popen.stdout is not None
        url = json.loads(popen.stdout.readline())["url"]
        assert body(url) == "asgi /"
        popen.stdin.close()
        until(lambda: popen.poll() is not None, "the end of the app")
        assert popen.returncode == 0


EXAMPLE = "Name a module and what in it is the app: --app app:app for `app` in app.py."

WRONG = [
    ("apps", "'apps' names no app.", EXAMPLE),
    ("apps:", "'apps:' names no app.", EXAMPLE),
    ("./apps.py:asgi", "'./apps.py:asgi' names no app.", EXAMPLE),
    (
        "missing:app",
        "There is no module 'missing' in {folder} or among what is installed for {python}.",
        "Change to the folder that holds it, or add that folder to PYTHONPATH.",
    ),
    (
        "apps.inner:app",
        "There is no module 'apps.inner' in {folder} or among what is installed for {python}.",
        "Change to the folder that holds it, or add that folder to PYTHONPATH.",
    ),
    (
        "apps:application",
        "The module apps has no 'application'.",
        f"Which name has the app in {{folder}}/apps.py? {EXAMPLE}",
    ),
    ("apps:number", "apps:number is neither an ASGI nor a WSGI app, but an int.", EXAMPLE),
    ("apps:word", "apps:word is neither an ASGI nor a WSGI app, but a str.", EXAMPLE),
    (
        "apps:Asgi",
        "apps:Asgi is neither an ASGI nor a WSGI app, but the class Asgi.",
        EXAMPLE,
    ),
    (
        "apps:factory",
        "apps:factory is neither an ASGI nor a WSGI app, but something that is called with ().",
        (
            "Is it a function that makes the app? Call it in the module (app = factory()) and name "
            "what it gives."
        ),
    ),
    (
        "apps:handler",
        (
            "apps:handler is neither an ASGI nor a WSGI app, but something that is called with "
            "(request)."
        ),
        (
            "Is it a function that makes the app? Call it in the module (app = handler()) and name "
            "what it gives."
        ),
    ),
    (
        "broken:app",
        (
            "The module broken cannot be imported: ModuleNotFoundError: No module named 'nowhere' "
            "({folder}/broken.py, line 2)"
        ),
        "Import it yourself to see more: python -c 'import broken'",
    ),
    (
        "typo:app",
        (
            "The module typo cannot be imported: SyntaxError: '(' was never closed "
            "({folder}/typo.py, line 1)"
        ),
        "Import it yourself to see more: python -c 'import typo'",
    ),
    (
        "leaves:app",
        "The module leaves cannot be imported: SystemExit: 3 ({folder}/leaves.py, line 1)",
        "Import it yourself to see more: python -c 'import leaves'",
    ),
]

LATE = [
    next(row for row in WRONG if row[0] == "typo:app"),
    (
        "dies:app",
        "The app dies:app ended its process (exit code 9) before it could be served: last words",
        "Import its module yourself to see why: python -c 'import dies'",
    ),
    (
        "life:app",
        "The app's start-up (ASGI lifespan) failed: NoDatabase: none.",
        "What it needs, such as a database, has to be there for a run as well.",
    ),
]

MODULES = {
    "broken": "import json\nimport nowhere\n",
    "typo": "app = (1\n",
    "leaves": "raise SystemExit(3)\n",
    "dies": "import os\nprint('last words', flush=True)\nos._exit(9)\n",
    "life": LIFE,
}


def modules(folder: Path) -> None:
    """Write the modules that spoil a start."""
    for name, text in MODULES.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(("spec", "message", "hint"), WRONG, ids=[row[0] for row in WRONG])
def test_what_is_no_app_is_told_apart(spec: str, message: str, hint: str, here: Path) -> None:
    """Each mistake has its sentence: what, where, what to try."""
    modules(here)
    known = {"folder": here, "python": sys.executable}
    with pytest.raises(ConfigurationError) as caught:
        load(spec)
    assert caught.value.message == message.format(**known)
    assert caught.value.hint == hint.format(**known)


@pytest.mark.parametrize(("spec", "message", "hint"), LATE, ids=[row[0] for row in LATE])
def test_an_app_that_does_not_come_up_says_why(
    spec: str, message: str, hint: str, folder: Path
) -> None:
    """The sentence comes through from the process that would have served it."""
    modules(folder)
    with pytest.raises(ConfigurationError) as caught, Hosted(spec, folder):
        pass
    assert caught.value.message == message.format(folder=folder)
    assert caught.value.hint == hint


def test_an_app_that_never_starts_is_not_waited_for(folder: Path) -> None:
    """A module that serves itself when it is imported gets a sentence after the time it has."""
    (folder / "busy.py").write_text("import time\ntime.sleep(600)\n", encoding="utf-8")
    with (
        pytest.raises(ConfigurationError, match=r"did not start within 0\.5 s") as caught,
        Hosted("busy:app", folder, within=0.5),
    ):
        pass
    assert '`if __name__ == "__main__":`' in caught.value.hint
