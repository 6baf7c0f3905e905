"""Nothing is ever fetched, whatever a document or a schema says of where more is to be found.

Sockets of Python are closed by a script; what a library in another language opens shows at a
listener that the documents name.
"""

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.validator.support import EXAMPLES, ROOT, sbw

CLOSED = """
import socket, sys

def closed(*arguments, **names):
    raise SystemExit("a socket was opened")

class Socket(socket.socket):
    __init__ = closed

socket.socket = Socket
socket.create_connection = socket.getaddrinfo = socket.gethostbyname = closed
"""
COMMAND = f"{CLOSED}\nfrom sbw_conformance.cli import main\nmain(sys.argv[1:])"
LIBRARY = f"""{CLOSED}
import json
from sbw_validator import SBWError, load_schemas, load_standard, validate
from sbw_validator.derive import VARIANTS
from sbw_validator.lint import lint
value = json.load(open(sys.argv[1]))
standard = load_standard()
schemas = load_schemas(standard)
done = 0
for name in schemas.names():
    for variant in VARIANTS:
        try:
            schemas.bundle(name, variant)
            done += bool(validate(value, type=name, variant=variant))
        except SBWError:  # not every answer has every variant
            pass
print(done, len(lint(standard)))
"""


class Listener:
    """A port that somebody may come to."""

    def __init__(self, own: socket.socket) -> None:
        self._own = own
        self.url = f"http://127.0.0.1:{own.getsockname()[1]}/more.json"

    def came(self) -> bool:
        """Say whether somebody did since it was asked last."""
        try:
            self._own.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Give a port on loopback."""
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        own.listen()
        own.settimeout(0)
        yield Listener(own)


def run(script: str, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a script in a process of its own."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=cwd)


@pytest.fixture
def documents(tmp_path: Path, listener: Listener) -> Path:
    """Give a folder of documents that refer to what is elsewhere."""
    folder = tmp_path / "documents"
    folder.mkdir()
    value = json.loads((EXAMPLES / "contact" / "valid" / "minimal.json").read_bytes())
    ways = dict.fromkeys(("$schema", "$ref", "$dynamicRef", "$id", "@context"), listener.url)
    inside = {**value, "emails": [{"$ref": listener.url}], "name": {"$ref": listener.url}}
    for name, content in (("outside", {**value, **ways}), ("inside", inside)):
        (folder / f"{name}.json").write_text(json.dumps(content))
    yaml = f"%TAG ! {listener.url}#\n---\ntype: contact\n$ref: {listener.url}\nname: !x {{}}\n"
    (folder / "tagged.yaml").write_text(yaml)
    (folder / "plain.yaml").write_text(f"type: contact\n$schema: {listener.url}\n")
    xml = f'<!DOCTYPE x SYSTEM "{listener.url}">'
    (folder / "entity.json").write_text(xml)
    return folder


def test_the_traps_work(tmp_path: Path, listener: Listener) -> None:
    """Whoever fetches is seen: by Python's sockets, or at the listener."""
    fetch = f"import urllib.request\nurllib.request.urlopen({listener.url!r}, timeout=5)"
    done = run(f"{CLOSED}\n{fetch}", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "a socket was opened\n")
    assert not listener.came()
    with socket.create_connection(("127.0.0.1", int(listener.url.split(":")[2].split("/")[0]))):
        pass
    assert listener.came()


@pytest.mark.parametrize("more", [(), ("--type", "contact"), ("--json", "--sarif", "out.sarif")])
def test_validating_fetches_nothing(
    documents: Path, listener: Listener, more: tuple[str, ...]
) -> None:
    """Every document is judged, and the names of elsewhere are unknown members."""
    done = run(COMMAND, "validate", documents, *more, cwd=documents.parent)
    assert (done.returncode, done.stderr) == (1, "")
    for name in ("outside.json", "inside.json", "tagged.yaml", "plain.yaml", "entity.json"):
        assert name in done.stdout
    assert "$dynamicRef" in done.stdout
    assert not listener.came()


@pytest.mark.parametrize(
    "command",
    [("schema", "lint"), ("schema", "bundle", "contact", "--variant", "read"), ("openapi",)],
    ids=" ".join,
)
def test_linting_and_bundling_fetch_nothing(tmp_path: Path, command: tuple[str, ...]) -> None:
    """Identifiers beginning with https are names, not addresses."""
    done = run(COMMAND, *command, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_the_library_fetches_nothing(documents: Path, listener: Listener) -> None:
    """Every schema in every variant, and the lint."""
    done = run(LIBRARY, documents / "outside.json", cwd=documents)
    assert (done.returncode, done.stderr) == (0, "")
    judged, linted = map(int, done.stdout.split())
    assert judged > 10
    assert linted == 0
    assert not listener.came()


@pytest.mark.parametrize(
    "command",
    [("schema", "lint"), ("schema", "bundle", "contact"), ("validate", "one.json"), ("openapi",)],
    ids=" ".join,
)
def test_a_standard_that_refers_to_elsewhere_is_refused(
    tmp_path: Path, listener: Listener, command: tuple[str, ...]
) -> None:
    """A reference that leads out of the standard's folder is a mistake, not an address."""
    for folder in ("spec", "schemas"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    file = tmp_path / "schemas" / "draft" / "contact.json"
    file.write_text(file.read_text("utf-8").replace("common/name.json", listener.url), "utf-8")
    (tmp_path / "one.json").write_text('{"type": "contact"}')
    ran = sbw(*command, cwd=tmp_path, env={"SBW_STANDARD": str(tmp_path)})
    assert ran.code in (1, 2)
    assert "127.0.0.1" in ran.out + ran.err
    assert "Traceback" not in ran.err
    assert not listener.came()
