"""`sbw doctor` names what is wrong with a configuration, and what is wrong with it only."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.conformance.calling import called
from tests.conformance.support import (
    Asked,
    Providers,
    Proxy,
    Server,
    behind_landing,
    http_answer,
    problem,
    sbw,
    stored,
    tokens,
    with_tokens,
)
from tests.conformance.visits import PROVIDER, looked, provider_of, states, with_tokens_only

from sbw_conformance.configuration import Callback, Configuration
from sbw_conformance.doctor import exit_code, visiting
from sbw_conformance.doctoring.diagnosis import State
from sbw_conformance.doctoring.probes import PROBES, Line, examine
from sbw_conformance.doctoring.scopes import NOBODY
from sbw_conformance.provider import Fleet
from sbw_conformance.target import Target


@pytest.fixture(scope="module")
def reference(fleet: Fleet) -> Iterator[Target]:
    """Give one reference provider for all that only look at it."""
    yield fleet.start("doctor", classes=["core", "contacts"])
    fleet.stop("doctor")


# A provider that is as it should be


def test_nothing_is_wrong_with_the_reference_provider(provider: Providers) -> None:
    """All is in order but what cannot be known without writing, and nothing is written."""
    sent: list[Asked] = []
    target = with_tokens_only(provider(classes=["core", "contacts"]))
    before = stored(target)
    with Proxy(target, sent.append) as proxy:
        found = looked(proxy.seen)
    assert states(found) == {State.UNKNOWN: {"two apps"}}
    assert exit_code(Line(name, one) for name, one in found.items()) == 0
    assert stored(target) == before
    writes = [asked for asked in sent if asked.method != "GET"]
    assert {asked.method for asked in writes} == {"PATCH"}
    assert all(asked.path.endswith(f"/{NOBODY}") and asked.body == b"{}" for asked in writes)
    said = [one.says for one in found.values()]
    assert len(set(said)) == len(said)


def test_client_credentials_are_looked_over_too(provider: Providers) -> None:
    """Tokens are got for all clients, narrower ones too, and ids tell the apps apart."""
    target = provider(classes=["core", "contacts"])
    clients = {
        role: replace(one, token=None) for role, one in target.clients.items() if "." not in role
    }
    assert states(looked(replace(target, clients=clients))) == {}


def test_read_only_sends_nothing_that_looks_like_a_write(provider: Providers) -> None:
    """What a token may write is then not known."""
    sent: list[Asked] = []
    target = with_tokens_only(provider(classes=["core", "contacts"]))
    with Proxy(target, sent.append) as proxy:
        found = looked(proxy.seen, read_only=True)
    assert {asked.method for asked in sent} == {"GET"}
    unknown = {"two apps", "a1 writes", "a2 writes", "b1 writes", "only reads"}
    assert states(found) == {State.UNKNOWN: unknown}


# Where the provider is


def test_a_name_that_leads_nowhere_explains_the_rest() -> None:
    """Nothing else is looked at (RFC 6761: .invalid never resolves)."""
    found = looked(with_tokens("https://sbw.invalid"))
    assert found["host name"].says.startswith("The name sbw.invalid leads nowhere: ")
    assert states(found)[State.WRONG] == {"host name"}
    assert states(found)[State.SKIPPED] == set(found) - {"host name", "callback"}
    assert found["connection"].says == "Not looked at, because of: host name."
    assert exit_code(Line(name, one) for name, one in found.items()) == 3


def test_a_port_where_nothing_listens_is_told() -> None:
    """Refused at once."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    found = provider_of(with_tokens(f"http://127.0.0.1:{port}"))
    assert found["connection"].says.startswith(f"Nothing listens at 127.0.0.1, port {port}: ")
    assert found["answer"].state is State.SKIPPED


def test_a_host_that_does_not_answer_is_told() -> None:
    """A connection that nobody takes is given up in time."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=0)) as full:
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.settimeout(0)
            one.connect_ex(("127.0.0.1", port))
        with visiting(with_tokens(f"http://127.0.0.1:{port}")) as visit:
            visit.client.connect_seconds = 0.2
            found = {line.probe: line.found for line in examine(visit, PROVIDER)}
        for one in waiting:
            one.close()
    assert found["connection"].says == f"Nothing answers at 127.0.0.1, port {port} within 0.2 s."
    assert "firewall" in found["connection"].advice


def test_what_speaks_no_http_is_told() -> None:
    """A connection is not yet an answer."""
    with Server(lambda _: b"220 mail.example ESMTP\r\n") as server:
        found = provider_of(with_tokens(server.url))
    assert found["connection"].state is State.OK
    assert found["answer"].says.startswith(f"Nothing answers at {server.url}/: ")
    assert f"curl -i {server.url}/" in found["answer"].advice


@pytest.mark.parametrize(("address", "state"), [("93.184.215.14", "wrong"), ("10.1.2.3", "ok")])
def test_tokens_in_clear_are_for_networks_of_ones_own(
    address: str, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without TLS everybody on the way reads them, unless there is no way."""
    row = (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [row])
    probe = next(probe for probe in PROBES if probe.name == "encryption")
    with visiting(with_tokens("http://api.example")) as visit:
        assert probe.ask(visit).state == state


# Calling back


def free_port() -> int:
    """A port of the loopback interface that nobody listens at."""
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        return int(found.getsockname()[1])


@pytest.mark.parametrize("path", ["", "/hooks/sbw"])
def test_a_callback_that_leads_here_is_reachable(path: str) -> None:
    """What is asked for at its URL arrives."""
    port = free_port()
    callback = Callback("127.0.0.1", port, f"http://127.0.0.1:{port}{path}")
    with behind_landing(lambda _: problem(404)) as server:
        found = looked(with_tokens(server.url), Configuration(callback=callback))["callback"]
    assert found.state is State.OK
    assert found.says.endswith(f"leads to 127.0.0.1, port {port}.")


def test_a_callback_that_leads_elsewhere_is_told() -> None:
    """Something else answers, or nothing does."""
    port, dead = free_port(), free_port()
    with behind_landing(lambda _: http_answer(200, "hello")) as server:
        target = with_tokens(server.url)
        other = Configuration(callback=Callback("127.0.0.1", port, f"{server.url}/hooks"))
        found = looked(target, other)["callback"]
        assert (found.state, found.says[-11:]) == (State.WRONG, "status 200.")
        nothing = Configuration(callback=Callback("127.0.0.1", port, f"http://127.0.0.1:{dead}"))
        found = looked(target, nothing)["callback"]
        assert (found.state, "does not lead to" in found.says) == (State.WRONG, True)


def test_a_callback_on_a_port_that_is_taken_is_told() -> None:
    """The suite could not listen there."""
    with behind_landing(lambda _: problem(404)) as server:
        port = int(server.url.rpartition(":")[2])
        taken = Configuration(callback=Callback("127.0.0.1", port, "https://hooks.example"))
        found = looked(with_tokens(server.url), taken)["callback"]
    assert found.says.startswith(f"Nobody can listen at 127.0.0.1, port {port}: ")


# The command


def test_the_command_prints_a_line_for_each_probe(reference: Target, tmp_path: Path) -> None:
    """State, probe, sentence; what to do below it; counts at the end; no token anywhere."""
    given = tokens(reference)
    done = sbw("doctor", reference.base, cwd=tmp_path, env=given)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "ok           host name                  127.0.0.1 is 127.0.0.1."
    assert lines[-1].startswith("27 ok, 1 unknown. Nothing is wrong")
    assert not any(token in done.stdout for token in given.values())


def test_the_command_says_it_to_machines_too(reference: Target, tmp_path: Path) -> None:
    """One object, with the exit code in it."""
    (tmp_path / "sbw.yaml").write_text(f"target: {reference.base}\n")
    given = {**tokens(reference), "SBW_B1_TOKEN": "canary-wrong"}
    done = called("doctor", "--json", cwd=tmp_path, env=given)
    value = json.loads(done.stdout)
    assert (done.returncode, value["exit_code"], value["target"]) == (2, 2, reference.base)
    assert [line["probe"] for line in value["lines"]] == [probe.name for probe in PROBES]
    assert {line["state"] for line in value["lines"]} == {"ok", "wrong", "unknown", "not looked at"}
    assert "canary" not in done.stdout


def test_an_app_is_served_to_be_looked_at(tmp_path: Path) -> None:
    """What stands under `app` has an address for as long as it takes."""
    (tmp_path / "odd.py").write_text(
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [('Content-Type', 'text/html')])\n"
        "    return [b'<html>']\n"
    )
    (tmp_path / "sbw.yaml").write_text("app: odd:app\n")
    done = sbw("doctor", cwd=tmp_path)
    assert done.returncode == 2
    assert "is no landing page: it answers with text/html" in done.stdout
    assert "1 wrong, " in done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ((), 2, "there is nothing to look at"),
        (("api.example.com",), 2, "is no base URL"),
        (("--config", "none.yaml"), 2, "none.yaml cannot be read"),
        (("http://sbw.invalid",), 3, "The name sbw.invalid leads nowhere"),
    ],
)
def test_the_command_exits_as_designed(
    arguments: tuple[str, ...], code: int, says: str, tmp_path: Path
) -> None:
    """2 for what is wrong, 3 where nothing answers, never a traceback."""
    done = called("doctor", *arguments, cwd=tmp_path)
    assert done.returncode == code
    assert says in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_what_a_provider_says_does_nothing_to_a_terminal(tmp_path: Path) -> None:
    """Names of apps and addresses come from outside."""
    with behind_landing(
        lambda _: problem(404), app={"id": "com.example.odd", "name": "O\u202edd \u009b31m"}
    ) as server:
        done = called("doctor", server.url, cwd=tmp_path)
    assert "\u202e" not in done.stdout
    assert "\u009b" not in done.stdout
