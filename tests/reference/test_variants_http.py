"""Variants of HTTP, limits and sandbox: what each does that the others do not."""

import gzip
import http.client
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest
from tests.reference.support import MINIMAL, Api, serving

from sbw_reference.defects import behave
from sbw_reference.server import Running
from sbw_validator.validation import validate


def apart(variant: str) -> AbstractContextManager[Running]:
    """Serve a variant."""
    return serving(behaviour=behave(None, variant).behaviour)


def test_the_end_is_announced() -> None:
    """`deprecated` says when, as RFC 9745 and RFC 8594 write it."""
    with apart("deprecated") as running:
        headers = Api(running)("GET", "/contacts").headers
        since = int(headers["deprecation"].removeprefix("@"))
        assert parsedate_to_datetime(headers["sunset"]).timestamp() > since


def test_who_asks_too_often_waits() -> None:
    """`rate-limited` refuses beyond the burst, says for how long, and nobody else is hindered."""
    with apart("rate-limited") as running:
        api, other = Api(running), Api(running, "a2")
        answers = [api("GET", "/business") for _ in range(300)]
        refused = next(answer for answer in answers if answer.status == 429)
        assert refused.problem() == (429, "rate-limited")
        assert refused.headers["retry-after"] == "1"
        assert validate(refused.value, type="problem") == []
        assert other("GET", "/business").status == 200
        assert answers[0].headers["ratelimit"].startswith('"default";r=')
        assert answers[0].headers["ratelimit-policy"] == '"default";q=100;w=1'


def test_answers_come_in_chunks() -> None:
    """`compressing` packs short answers too, sends no length, and closes the connection."""
    with apart("compressing") as running:
        place = urlsplit(running.url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=20)
        connection.request("GET", "/", headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        assert answer.getheader("transfer-encoding") == "chunked"
        assert answer.getheader("connection") == "close"
        assert "resources" in json.loads(gzip.decompress(answer.read()))
        connection.close()
        assert Api(running)("GET", "/business").headers.get("content-encoding") is None


@pytest.fixture(scope="module")
def least() -> Iterator[Running]:
    """Give an app with the least limits."""
    with apart("least-limits") as running:
        yield running


def test_limits_that_are_not_declared_are_the_least(least: Running) -> None:
    """`least-limits` takes 64 KiB and 20 operations, and no more."""
    api = Api(least)
    assert set(api("GET", "/").value["limits"]) == {"settle_seconds"}
    for size, status in ((65_536, 201), (65_537, 413)):
        body = json.dumps(MINIMAL).encode().ljust(size)
        assert api("POST", "/contacts", body=body).status == status
    for count, status in ((20, 200), (21, 413)):
        operations = [{"operation": "create", "body": MINIMAL}] * count
        answer = api("POST", "/contacts/batch", {"operations": operations})
        assert answer.status == status


def test_cursors_expire_an_hour_after_use() -> None:
    """`hourly-cursors` counts anew with each use."""
    with apart("hourly-cursors") as running:
        api = Api(running)
        api.create()
        api.create()
        following = api("GET", "/contacts?limit=1").value["next"]
        for minutes, status in ((59, 200), (118, 200), (179, 410)):
            move = {"control": "move_clock", "seconds": minutes * 60}
            assert api("POST", "/sandbox/controls", move).status == 204
            assert api("GET", following).status == status


def test_production_has_no_controls() -> None:
    """`production` claims no sandbox, and its address leads nowhere."""
    with apart("production") as running:
        api = Api(running)
        page = api("GET", "/").value
        assert (page["environment"], "sandbox" in page) == ("production", False)
        control = {"control": "expire_cursors"}
        assert api("POST", "/sandbox/controls", control).status == 404


def test_smaller_freedoms() -> None:
    """`no-store`, `plain-bodies`, `personal-landing` and `indented` do what they say."""
    with apart("no-store") as running:
        assert Api(running)("GET", "/contacts").headers["cache-control"] == "no-store"
    with apart("plain-bodies") as running:
        packed = gzip.compress(json.dumps(MINIMAL).encode())
        refused = Api(running)("POST", "/contacts", body=packed, Content_Encoding="gzip")
        assert refused.problem() == (415, "about:blank")
    with apart("personal-landing") as running:
        page = Api(running)("GET", "/").value
        assert "contacts:write" in page["permissions"]
        assert "environment" not in page
    with apart("indented") as running:
        assert Api(running)("GET", "/business").body.startswith(b"{\n  ")
