"""Servers that tests of the reference provider share."""

import secrets
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine
from tests.reference.support import Api, serving

from sbw_reference.server import Running, Settings


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """Give an app on a throw-away SQLite file, one for each test module."""
    with serving() as started:
        yield started


@pytest.fixture
def api(running: Running) -> Api:
    """Give the first app of the first business."""
    return Api(running)


def new_database(server: str) -> str:
    """Create a database on a PostgreSQL server and return its URL."""
    name = f"sbw_{secrets.token_hex(6)}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return server.rpartition("/")[0] + f"/{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def anywhere(request: pytest.FixtureRequest) -> Iterator[Running]:
    """Give an app on each kind of database in turn."""
    url = None
    if request.param == "postgresql":
        url = new_database(request.getfixturevalue("postgres_url"))
    with serving(Settings(database=url)) as started:
        yield started
