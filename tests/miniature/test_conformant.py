"""The suite judges a provider that another hand wrote, from the text and the schemas alone."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.support import MEASURING, unmeasured

SBW = Path(sys.executable).with_name("sbw")


@pytest.fixture
def miniature() -> Iterator[dict[str, Any]]:
    """Serve the miniature as a process, and say where it is and what its tokens are."""
    command = [sys.executable, "-m", "sbw_miniature", "--ready-json"]
    env = os.environ | MEASURING
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:
        try:
            assert process.stdout
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def tokens(clients: dict[str, Any]) -> dict[str, str]:
    """Return the environment that hands the tokens of the clients to the suite."""
    named = {client: values["token"] for client, values in clients.items()}
    named |= {f"a1_{name}": token for name, token in clients["a1"]["scoped"].items()}
    return {f"SBW_{name.upper()}_TOKEN": token for name, token in named.items()}


def test_miniature_is_conformant(miniature: dict[str, Any], tmp_path: Path) -> None:
    """It keeps all that it claims: classes core and contacts, with nothing left unjudged."""
    run = subprocess.run(
        [SBW, "test", miniature["url"], "--out", tmp_path],
        env=unmeasured(tokens(miniature["clients"])),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout.splitlines()[:1] == ["CONFORMANT"], run.stdout + run.stderr
    assert run.returncode == 0
    report = json.loads((tmp_path / "report.json").read_bytes())
    kept = {one["class"] for one in report["requirements"] if one["outcome"] == "pass"}
    assert {"core", "contacts"} <= kept


def test_taken_port_is_said(miniature: dict[str, Any]) -> None:
    """A port that is taken ends the miniature with one line that names it."""
    port = miniature["url"].rpartition(":")[2].partition("/")[0]
    command = [sys.executable, "-m", "sbw_miniature", "--port", port]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.startswith(f"error: The port {port} cannot be served on: ")
    assert run.stderr.count("\n") == 1


@pytest.mark.parametrize("port", ["65536", "http"])
def test_port_that_is_none_is_said(port: str) -> None:
    """What is no port is refused as wrong usage, with what was expected."""
    command = [sys.executable, "-m", "sbw_miniature", f"--port={port}"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert f"expected a number from 0 to 65535, got {port!r}" in run.stderr
