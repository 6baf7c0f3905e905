"""Hostile providers cost a whole run neither much time nor much memory."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.support import Reply, Server, behind_landing, environment, everything
from tests.conformance.test_hostile import HEAD, JSONS, NO_ANSWER, http_answer

from sbw_conformance.client import Client

HOSTILE_RUN = Path(__file__).with_name("hostile_run.py")
PATIENCE = 1.0
"""Seconds that an answer is waited for here; users wait `Client.answer_seconds`."""

MOST_SECONDS = 120.0
"""What a run takes at most where nothing is answered; here it waits so much less."""

MOST_MEMORY = 300_000_000
"""Bytes that a whole run has in memory at most, the reports included."""

RECORD = json.dumps(
    {
        "id": "c1",
        "type": "contact",
        "external_ids": [],
        "name": {"given": "A" * 200},
        "meta": dict.fromkeys(("created_at", "updated_at"), "2026-01-01T00:00:00Z")
        | {"version": "1"},
    }
).encode()


def items(item: bytes, size: int) -> Callable[[list[Server]], Reply]:
    """A page of so many bytes, sent in parts."""

    def parts() -> Iterator[bytes]:
        block = (item + b",") * max(1, 65_536 // len(item))
        yield HEAD + b'\r\n{"items":['
        for _ in range(size // len(block)):
            yield block
        yield item + b"]}"

    return lambda _: parts()


def json_answer(body: bytes) -> Callable[[list[Server]], Reply]:
    """The same body for every request."""
    return lambda _: http_answer(200, body)


LARGE: dict[str, Callable[[list[Server]], Reply]] = {
    "pages of 100 MB": items(RECORD, 100_000_000),
    "pages just short enough": items(RECORD, 3_900_000),
    "pages of 60 KB": items(RECORD, 60_000),
    "pages of empty arrays": items(b"[]", 4_000_000),
    "pages of many values": items(b"1", 190_000),
    "pages of long texts": items(b'"' + b"a" * 6000 + b'"', 3_900_000),
    "pages of emoji": items('"\U0001f600"'.encode(), 900_000),
}

HOSTILE = {
    **{name: reply for name, (reply, _) in NO_ANSWER.items()},
    **{name: json_answer(body) for name, (body, _) in JSONS.items()},
    **LARGE,
}


def judged(server: Server, folder: Path, patience: float = PATIENCE) -> dict[str, Any]:
    """What a whole run in a process of its own says of a provider, and what it cost."""
    done = subprocess.run(
        [sys.executable, HOSTILE_RUN, server.url, folder, str(patience)],
        check=False,
        capture_output=True,
        text=True,
        env=environment(),
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def hostile(reply: Callable[[list[Server]], Reply]) -> Server:
    """A provider that claims everything, and answers everything so."""
    own: list[Server] = []
    server = behind_landing(lambda _: reply(own), everything)
    own.append(server)
    return server


@pytest.mark.full
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_provider_costs_little(name: str, tmp_path: Path) -> None:
    """The run ends by itself with a verdict and all reports, no check errs, and memory is bounded.

    With the patience that users have no wait is longer than two minutes.
    """
    with hostile(HOSTILE[name]) as server:
        said = judged(server, tmp_path)
    assert said["errors"] == []
    assert said["exit_code"] in {1, 4}
    assert len(said["written"]) == 5
    assert said["peak"] < MOST_MEMORY
    assert said["seconds"] < MOST_SECONDS


@pytest.mark.full
def test_a_provider_that_hangs_is_given_up_within_two_minutes(tmp_path: Path) -> None:
    """With the patience that users have, where all but the landing page hangs."""
    server = hostile(lambda own: own[0].hang(300))
    with server:
        began = time.monotonic()
        said = judged(server, tmp_path, Client.answer_seconds)
        took = time.monotonic() - began
    assert said["ended_early"].startswith("There was no answer to anything within 30 s, 2 times")
    assert took < MOST_SECONDS + 20


def test_a_provider_that_hangs_is_given_up_after_few_requests(tmp_path: Path) -> None:
    """What is waited for half a minute each is asked for few times, clean-up included."""
    server = hostile(lambda own: own[0].hang(300))
    with server:
        said = judged(server, tmp_path)
    assert said["ended_early"].startswith("There was no answer to anything within 1 s, 2 times")
    assert said["ended_early"].endswith("run the suite again.")
    assert (said["exit_code"], said["errors"]) == (4, [])
    assert len(server.asked) <= 8
