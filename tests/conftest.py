"""What tests share: a real PostgreSQL server."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

STARTS_WITHIN = 30.0


def server_programs() -> Path | None:
    """Return the folder of the newest installed PostgreSQL server, Debian keeps it off PATH."""
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    newest_first = sorted(folders, key=lambda folder: float(folder.parent.name), reverse=True)
    on_path = [Path(found).parent for found in [shutil.which("initdb")] if found]
    candidates = [folder for folder in [*newest_first, *on_path] if (folder / "initdb").exists()]
    return candidates[0] if candidates else None


def free_port() -> int:
    """Return a loopback port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Give the SQLAlchemy URL of a new, throw-away PostgreSQL cluster, one for each worker."""
    programs = server_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed; on Debian: apt-get install postgresql")
    home = Path(mkdtemp(prefix="sbw-postgres-"))
    owner: dict[str, Any] = {"cwd": home}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root; Debian's package made this user.
        shutil.chown(home, "postgres", "postgres")
        owner |= {"user": "postgres", "group": "postgres", "extra_groups": []}
    cluster, port = home / "cluster", str(free_port())
    initdb = [programs / "initdb", "--username=sbw", "--auth=trust", "--encoding=UTF8"]
    initdb += ["--locale=C", "--no-sync", "--pgdata", cluster]
    subprocess.run(initdb, check=True, **owner)
    settings = {"fsync": "off", "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
    options = [f"--{name}={value}" for name, value in settings.items()]
    server = [programs / "postgres", "-D", cluster, "-p", port, *options]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(server, stdout=log, stderr=log, **owner)
    try:
        ready = [programs / "pg_isready", "--quiet", "--host=127.0.0.1", f"--port={port}"]
        deadline = time.monotonic() + STARTS_WITHIN
        while subprocess.run(ready, check=False, **owner).returncode != 0:
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"PostgreSQL did not start:\n{(home / 'log').read_text()}")
            time.sleep(0.05)
        yield f"postgresql+psycopg://sbw@127.0.0.1:{port}/postgres"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(STARTS_WITHIN)
        shutil.rmtree(home)
