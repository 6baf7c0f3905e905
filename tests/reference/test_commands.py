"""The command line: serve, defects, fleet, and what they say to a mistake."""

import io
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

import pytest
import urllib3

from sbw_reference import server
from sbw_reference.__main__ import main

REFERENCE = (sys.executable, "-m", "sbw_reference")
MEMBERS = {
    *("id", "title", "expects", "operations", "seam", "reason", "types", "variant", "parallel")
}


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run the provider and end it with SIGTERM, to which it says nothing."""
    process = subprocess.Popen(
        [*REFERENCE, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
        assert (process.returncode, err) == (0, "")


def refused(*arguments: str) -> str:
    """Run the provider, which ends with 2; return its one sentence."""
    done = subprocess.run(
        [*REFERENCE, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    return sentence(done.returncode, done.stdout, done.stderr)


def refused_here(*arguments: str) -> str:
    """Call what the provider runs, which ends with 2; return its one sentence."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main(arguments)
    return sentence(code, out.getvalue(), err.getvalue())


def sentence(code: int, out: str, err: str) -> str:
    """Return the one sentence of a refusal."""
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    assert err.count("\n") == 1
    return err


def status(url: str, token: str | None = None) -> int:
    """Return the status of a GET."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return urllib3.request("GET", url, headers=headers, retries=False).status


def get(url: str) -> Any:
    """Return the JSON at an address that is open to anyone."""
    return urllib3.request("GET", url, retries=False).json()


def test_serve_prints_one_json_line() -> None:
    """With --ready-json it says where it listens, who is there, and how to get in."""
    with started("serve", "--ready-json", "--classes", "core") as process:
        ready = json.loads(process.stdout.readline())
        assert set(ready) == {"name", "url", "businesses", "clients"}
        assert set(ready["businesses"]) == {"a", "b"}
        assert set(ready["clients"]) == {"a1", "a2", "b1"}
        known = {"token", "client_id", "client_secret", "scoped"}
        assert all(set(client) == known for client in ready["clients"].values())
        assert set(ready["clients"]["a1"]["scoped"]) == {"read_only", "business_only"}
        assert status(f"{ready['url']}/business", ready["clients"]["a1"]["token"]) == 200
        assert status(f"{ready['url']}/contacts", ready["clients"]["a1"]["token"]) == 404


def test_serve_prints_what_a_shell_needs() -> None:
    """Without --ready-json it prints the address and lines to paste."""
    with started("serve", "--variant", "gone", "--seed-data", "3") as process:
        first, *exports = [process.stdout.readline() for _ in range(6)]
        assert "http://127.0.0.1:" in first
        assert [line.partition("=")[0] for line in exports] == [
            f"export SBW_{name}_TOKEN"
            for name in ("A1", "A2", "B1", "A1_READ_ONLY", "A1_BUSINESS_ONLY")
        ]


def test_serve_declares_what_a_file_says(tmp_path: Any) -> None:
    """With --declare the landing page says it, and a write that breaks it is refused."""
    file = tmp_path / "declare.yaml"
    file.write_text("contact:\n  constraints: {/nickname: {max_length: 3}}\n", encoding="utf-8")
    with started("serve", "--ready-json", "--declare", str(file)) as process:
        page = get(json.loads(process.stdout.readline())["url"])
        entry = page["resources"]["contact"]
        assert entry["constraints"] == {"/nickname": {"max_length": 3}}


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("[", "declare.yaml, line 2"),
        ("", "no object for each resource"),
        ("contact: {}\ncontact: {}", "twice"),
        ("[contact]", "no object for each resource"),
        ("contact: 7", "no object for each resource"),
        ("contact: {constraints: {/x: {enum: [2026-01-01]}}}", "/x is no member"),
        ("nobody: {}", "nobody"),
        ("contact: {unsupported: [/external_ids]}", "/external_ids"),
    ],
)
def test_a_declaration_of_no_use_is_told(tmp_path: Any, content: str, word: str) -> None:
    """A file that cannot be declared is one sentence."""
    file = tmp_path / "declare.yaml"
    file.write_text(content, encoding="utf-8")
    assert word in refused_here("serve", "--declare", str(file))


def test_serve_with_a_defect_is_broken() -> None:
    """The defect acts from the first request on."""
    with started("serve", "--ready-json", "--defect", "landing-needs-token") as process:
        assert status(json.loads(process.stdout.readline())["url"] + "/") == 401


def test_a_database_keeps_its_businesses(tmp_path: Any) -> None:
    """Started again, the same businesses are there, with new tokens beside the old ones."""
    lines = []
    for _ in range(2):
        with started("serve", "--ready-json", "--db", f"sqlite:///{tmp_path}/sbw.db") as process:
            lines.append(json.loads(process.stdout.readline()))
            token = lines[0]["clients"]["a1"]["token"]
            assert status(f"{lines[-1]['url']}/business", token) == 200
    assert lines[0]["businesses"] == lines[1]["businesses"]
    assert lines[0]["clients"] != lines[1]["clients"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("serve", "--defect", "no-token-40"), ("no defect", "no-token-403")),
        (("serve", "--variant", "gon"), ("no variant", "gone")),
        (("serve", "--classes", "core,contact"), ("no class 'contact'", "contacts")),
        (("serve", "--declare", "/no/such/file"), ("/no/such/file", "cannot be read")),
        (("serve", "--port", "99999"), ("127.0.0.1:99999", "--port")),
        (("serve", "--host", "192.0.2.1"), ("192.0.2.1:0", "--host")),
        (("serve", "--db", "nonsense"), ("nonsense", "--db")),
        (("serve", "--db", "sqlite:////no/such/folder/x.db"), ("unable to open", "--db")),
        (("serve", "--db", "oracle://x"), ("oracle", "--db")),
        (
            ("serve", "--db", "postgresql+psycopg://u:secret@127.0.0.1:1/x"),
            ("postgresql+psycopg://u@127.0.0.1:1/x", "--db"),
        ),
    ],
)
def test_a_mistake_is_one_sentence(arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    """Exit code 2, what is wrong, what to try, and never a password."""
    said = refused_here(*arguments)
    assert all(word in said for word in words), said
    assert "secret" not in said


def test_a_port_in_use_is_told() -> None:
    """A busy port is named."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"127.0.0.1:{port}" in refused("serve", "--port", port)


def test_a_broken_standard_is_told(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that holds no standard is a sentence too."""
    monkeypatch.setenv("SBW_STANDARD", str(tmp_path))
    assert "SBW_STANDARD" in refused("serve")


def test_defects_are_listed() -> None:
    """As JSON for the suite, and as lines for people."""
    as_json = subprocess.run(
        [*REFERENCE, "defects", "--json"], capture_output=True, text=True, check=True
    )
    rows = json.loads(as_json.stdout)
    assert all(set(row) == MEMBERS for row in rows)
    out = io.StringIO()
    with redirect_stdout(out):
        assert main(["defects"]) == 0
    assert [line.split()[0] for line in out.getvalue().splitlines()] == [row["id"] for row in rows]


class FleetProcess:
    """A fleet that is told line by line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def ask(self, line: Any) -> dict[str, Any]:
        """Send a line and return the answer."""
        self.process.stdin.write(f"{line if isinstance(line, str) else json.dumps(line)}\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


def test_a_fleet_starts_and_stops_apps() -> None:
    """Each app has a store and address of its own; at its stop its defect's firings are told."""
    with started("fleet") as process:
        fleet = FleetProcess(process)
        good = fleet.ask({"name": "good", "classes": ["core"], "seed_data": None, "db": None})
        bad = fleet.ask({"name": "bad", "defect": "no-token-403", "variant": "uuid-ids"})
        assert good["url"] != bad["url"]
        told = fleet.ask({"name": "told", "declare": {"contact": {"unsupported": ["/nickname"]}}})
        assert get(told["url"])["resources"]["contact"]["unsupported"] == ["/nickname"]
        assert good["businesses"] != bad["businesses"]
        assert status(f"{good['url']}/business") == 401
        assert [status(f"{bad['url']}/contacts") for _ in range(3)] == [403] * 3
        assert fleet.ask({"stop": "bad"}) == {"name": "bad", "stopped": True, "firings": 3}
        assert fleet.ask({"stop": "good"}) == {"name": "good", "stopped": True, "firings": 0}
        assert "url" in fleet.ask({"name": "bad"})


@pytest.fixture(scope="module")
def fleet() -> Iterator[FleetProcess]:
    """Give one fleet for all bad lines: it has to survive each of them."""
    with started("fleet") as process:
        yield FleetProcess(process)


@pytest.mark.parametrize(
    ("line", "name", "word"),
    [
        ("nonsense", None, "JSON"),
        ("[]", None, "JSON object"),
        ({"name": "x", "defekt": "y"}, None, "defekt"),
        ({"name": 7}, None, "name"),
        ({}, None, "needs a name"),
        ({"name": "there"}, "there", "free"),
        ({"name": "x", "defect": "y"}, "x", "no defect"),
        ({"name": "x", "classes": ["y"]}, "x", "no class"),
        ({"name": "x", "db": "y"}, "x", "--db"),
        ({"name": "x", "declare": {"contact": 7}}, "x", "no object for each resource"),
        ({"name": "x", "declare": {"nobody": {}}}, "x", "nobody"),
        ({"stop": "x"}, "x", "No app"),
    ],
)
def test_a_fleet_survives_a_bad_line(
    fleet: FleetProcess, line: Any, name: str | None, word: str
) -> None:
    """It answers a sentence and goes on."""
    assert "url" in fleet.ask({"name": "there"})
    answer = fleet.ask(line)
    assert fleet.ask({"stop": "there"})["stopped"] is True
    assert (set(answer), answer["name"]) == ({"name", "error"}, name)
    assert word in answer["error"]


def test_the_end_of_input_ends_a_fleet() -> None:
    """All apps stop and the exit code is 0."""
    done = subprocess.run(
        [*REFERENCE, "fleet"],
        input='{"name": "one"}\n\n{"name": "two"}\n',
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert [json.loads(line)["name"] for line in done.stdout.splitlines()] == ["one", "two"]


def test_answers_do_not_wait_for_acknowledgements() -> None:
    """Listening sockets name their protocol, without which asyncio leaves Nagle's algorithm on."""
    listener = server.listen("127.0.0.1", 0)
    with listener, socket.create_connection(listener.getsockname()), listener.accept()[0] as ours:
        assert ours.proto == socket.IPPROTO_TCP
