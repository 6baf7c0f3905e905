"""Hostile answers: a clear outcome each, in bounded time and memory, and no token goes astray."""

import gzip
import itertools
import json
import resource
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.conformance.support import (
    Asked,
    Passed,
    Providers,
    Proxy,
    Reply,
    Server,
    behind_landing,
    http_answer,
    landing,
    leftovers,
    run,
    with_tokens,
)

from sbw_conformance.checks import catalog
from sbw_conformance.client import LARGEST_BODY, Client
from sbw_conformance.exchanges import MISSING, Exchange, Request
from sbw_conformance.results import Outcome, Report, Verdict
from sbw_conformance.target import origin_of

PATIENCE = 0.6
BODY = b'{"id": "1"}'
SALAD = json.dumps([hash(number) ** 3 % 65521 for number in range(999)]).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def client(**named: Any) -> Client:
    """A client that waits no longer than a test does."""
    return Client(answer_seconds=PATIENCE, connect_seconds=PATIENCE, **named)


def get(server: Server, method: str = "GET") -> Exchange:
    """One request to a server."""
    request = Request("anonymous", "read", method, f"{server.url}/business")
    return client().send(request, (), "test", 1)


def trickle(head: bytes, drop: bytes, seconds: float = 20) -> Iterator[bytes]:
    """Send a byte or so at a time, long enough that only a deadline of the whole ends it."""
    yield head
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.05)
        yield drop


def endless(head: bytes) -> Iterator[bytes]:
    """Send a body without end, as fast as it goes."""
    yield head
    while True:
        yield b"x" * 65536


def half_then_hang(server: list[Server]) -> Iterator[bytes]:
    """Send half of a body and then nothing."""
    yield HEAD + b"Content-Length: 100\r\n\r\n" + BODY
    yield from server[0].hang()


def resetting(head: bytes) -> Iterator[bytes]:
    """Send a part of an answer and reset the connection."""
    yield head
    raise ConnectionResetError


def hang(server: list[Server]) -> Iterator[bytes]:
    """Send nothing at all."""
    yield from server[0].hang()


def interim(status: int, times: int | None = None) -> Iterator[bytes]:
    """Send interim answers, so many or without end, and then one that counts."""
    for _ in itertools.count() if times is None else range(times):
        yield f"HTTP/1.1 {status} Wait\r\nLink: </>; rel=preload\r\n\r\n".encode()
    yield HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY


def bomb() -> bytes:
    """128 MiB of zeros, compressed."""
    deflate = zlib.compressobj(1, zlib.DEFLATED, 31)
    packed = [deflate.compress(bytes(1 << 20)) for _ in range(128)]
    return b"".join([*packed, deflate.flush()])


NO_ANSWER: dict[str, tuple[Callable[[list[Server]], Reply], str]] = {
    "connection closed at once": (lambda _: b"", "closed|aborted"),
    "half of a body": (lambda _: HEAD + b"Content-Length: 100\r\n\r\n" + BODY, "IncompleteRead"),
    "half a body, then silence": (half_then_hang, "timed out"),
    "silence": (hang, "timed out"),
    "trickling headers": (lambda _: trickle(HEAD, b"X-More: 1\r\n"), "timed out"),
    "trickling body": (lambda _: trickle(HEAD + b"\r\n", b" "), "timed out"),
    "trickling chunks": (
        lambda _: trickle(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        "timed out",
    ),
    "endless body": (lambda _: endless(HEAD + b"\r\n"), "longer than|timed out"),
    "endless headers": (lambda _: endless(HEAD + b"X: "), "header line|got more than"),
    "a gzip bomb": (
        lambda _: http_answer(200, bomb(), content_encoding="gzip"),
        "longer than|timed out",
    ),
    "bad gzip": (lambda _: http_answer(200, BODY, content_encoding="gzip"), "decod"),
    "endless interim answers": (lambda _: interim(100), "interim"),
    "endless early hints": (lambda _: interim(103), "interim"),
    "many headers": (
        lambda _: HEAD + b"".join(b"X-%d: 1\r\n" % n for n in range(1000)) + b"\r\n",
        "got more than 100 headers",
    ),
    "two lengths": (
        lambda _: HEAD + b"Content-Length: 10, 11\r\n\r\n" + BODY,
        "Content-Length",
    ),
    "a chunk that never ends": (
        lambda _: HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffff\r\n" + BODY,
        "IncompleteRead",
    ),
    "HTTP/0.9": (lambda _: b"<html>hello</html>", "html"),
    "an alert of TLS": (lambda _: b"\x15\x03\x01\x00\x02\x02\x46", "\x15|aborted|BadStatusLine"),
    "a status that is none": (lambda _: b"HTTP/1.1 OK 200\r\n\r\n", "OK"),
    "no HTTP": (lambda _: b"220 smtp.example.com ESMTP\r\n", "BadStatusLine|smtp"),
    "a chunk without length": (
        lambda _: HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nxx\r\n0\r\n\r\n",
        "IncompleteRead",
    ),
}


@pytest.mark.parametrize(("reply", "says"), NO_ANSWER.values(), ids=NO_ANSWER.keys())
def test_what_is_no_answer_is_a_failure_in_time(
    reply: Callable[[list[Server]], Reply], says: str
) -> None:
    """The exchange says in a sentence why there was no answer, and takes no longer than allowed."""
    own: list[Server] = []
    with Server(lambda _: reply(own)) as server:
        own.append(server)
        started = time.monotonic()
        exchange = get(server, "POST")
        took = time.monotonic() - started
    assert (exchange.status, exchange.body, exchange.json) == (0, b"", MISSING)
    assert exchange.failure
    assert any(word in exchange.failure for word in says.split("|")), exchange.failure
    assert "object at 0x" not in exchange.failure
    assert took < PATIENCE * 3 + 2


@pytest.mark.parametrize("name", ["endless body", "a gzip bomb"])
def test_memory_is_bounded(name: str) -> None:
    """No answer takes much more memory than the longest that is read."""
    own: list[Server] = []
    reply = NO_ANSWER[name][0](own)
    with Server(lambda _: reply) as server:
        tracemalloc.start()
        exchange = get(server, "POST")
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert exchange.failure
    assert peak < 4 * LARGEST_BODY
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 1024 * 1024


@pytest.mark.parametrize("status", [100, 102, 103])
def test_interim_answers_are_passed_over(status: int) -> None:
    """A server is free to say that it is at work, or what is to come (RFC 9110, RFC 8297)."""
    with Server(lambda _: interim(status, 3)) as server:
        exchange = get(server)
    assert (exchange.status, exchange.json) == (200, {"id": "1"})


def test_a_length_that_is_too_short_is_no_json() -> None:
    """What comes behind the length that was said belongs to nothing."""
    with Server(lambda _: HEAD + b"Content-Length: 5\r\n\r\n" + BODY) as server:
        exchange = get(server)
    assert exchange.body == BODY[:5]
    assert exchange.json is MISSING


def test_a_connection_that_is_reset_is_no_answer() -> None:
    """With a part of an answer or without."""
    with Server(lambda _: resetting(HEAD)) as server:
        exchange = get(server, "POST")
    assert exchange.status == 0
    assert "reset" in (exchange.failure or ""), exchange.failure


def test_a_large_answer_of_many_values_is_none() -> None:
    """Its values would take a hundred times its size."""
    body = b"[" + b"[]," * 400_000 + b"[]]"
    with Server(lambda _: http_answer(200, body)) as server:
        exchange = get(server, "POST")
    assert exchange.failure == "the answer holds more than 100000 values"
    with Server(lambda _: http_answer(200, b'["%s"]' % (b"x," * 600_000))) as server:
        assert get(server, "POST").status == 200  # commas in a text are no values


JSONS: dict[str, tuple[bytes, str]] = {
    "deep nesting": (b"[" * 100_000 + b"]" * 100_000, "deep"),
    "deep objects": (b'{"a":' * 400 + b"1" + b"}" * 400, "deep"),
    "a member twice": (b'{"id": 1, "id": 2}', "id"),
    "NaN": (b'{"id": NaN}', "no JSON value"),
    "Infinity": (b'{"id": -Infinity}', "no JSON value"),
    "Latin-1": ('{"name": "Zoë"}'.encode("latin-1"), "UTF-8"),
    "UTF-16": ('{"name": "Zoë"}'.encode("utf-16"), "UTF-8"),
    "half a surrogate pair": (b'{"name": "\\ud800", "type": "\\ud800"}', "surrogate"),
    "two values": (b"{} {}", "behind the value"),
    "nothing but space": (b"   ", ""),
    "HTML": (b"<!doctype html>", ""),
    "a huge number": (b'{"id": 1' + b"0" * 100_000 + b"}", ""),
    "a number of a million digits": (b'{"id": 1' + b"0" * 1_000_000 + b"}", ""),
    "a fraction of a million digits": (b'{"id": 0.' + b"1" * 1_000_000 + b"e999999}", ""),
    "a byte order mark": (b'\xef\xbb\xbf{"id": "1"}', ""),
    "half an escape": (b'{"id": "\\u00', ""),
    "a NUL as it is": (b'{"id": "a\x00b"}', ""),
}


@pytest.mark.parametrize(("body", "says"), JSONS.values(), ids=JSONS.keys())
def test_what_is_no_i_json_is_said_to_be_none(body: bytes, says: str) -> None:
    """The exchange says what is wrong with a body, in no time."""
    with Server(lambda _: http_answer(200, body)) as server:
        started = time.monotonic()
        exchange = get(server)
        error = exchange.json_error
    assert time.monotonic() - started < PATIENCE + 2
    assert error
    assert says in error
    assert exchange.status == 200


@pytest.mark.parametrize("name", ["deep nesting", "two values", "HTML"])
def test_what_no_reader_could_take_is_missing(name: str) -> None:
    """Such a body counts as none."""
    with Server(lambda _: http_answer(200, JSONS[name][0])) as server:
        assert get(server).json is MISSING


def test_gzip_that_was_cut_is_no_i_json() -> None:
    """What could be unpacked of it is not taken for the whole."""
    cut = gzip.compress(SALAD)[:900]
    with Server(lambda _: http_answer(200, cut, content_encoding="gzip")) as server:
        exchange = get(server)
    assert exchange.json is MISSING
    assert exchange.json_error


def hostile(reply: Callable[[list[Server]], Reply]) -> tuple[Report, float]:
    """Judge a provider that has a landing page and nothing but this behind it."""
    own: list[Server] = []
    with behind_landing(lambda _: reply(own)) as server:
        own.append(server)
        started = time.monotonic()
        names = (
            "core.answers_are",
            "core.reading_shows",
            "core.request_without",
            "core.walk_shows",
            "business.",
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Client.__init__, "__defaults__", with_patience())
            report = run(with_tokens(server.url), *names, preflight=False)
        return report, time.monotonic() - started


def with_patience() -> tuple[Any, ...]:
    """What a client waits where nothing else is said, cut to what a test can wait."""
    defaults = Client.__init__.__defaults__ or ()
    assert Client.answer_seconds in defaults
    return tuple(PATIENCE if value == Client.answer_seconds else value for value in defaults)


@pytest.mark.parametrize(
    "name",
    ["half a body, then silence", "trickling body", "endless body", "bad gzip", "no HTTP"],
)
def test_a_hostile_provider_is_not_conformant_in_time(name: str) -> None:
    """Hostile answers fail what was asked; the suite neither errs nor hangs."""
    report, took = hostile(NO_ANSWER[name][0])
    assert report.verdict is Verdict.NOT_CONFORMANT
    assert [r.reason for r in report.results if r.outcome is Outcome.ERROR] == []
    assert any("no answer" in (r.got or "") for r in report.failures())
    assert took < 30


@pytest.mark.parametrize("name", JSONS)
def test_hostile_json_is_not_conformant(name: str) -> None:
    """Bodies that are no I-JSON fail that requirement, and stop nothing else."""
    body = JSONS[name][0]
    report, _ = hostile(lambda _: http_answer(200, body))
    assert report.outcome("CORE-031") is Outcome.FAIL
    assert Outcome.ERROR not in {r.outcome for r in report.results}


def twisted(value: Any) -> Any:
    """A value of another type in each place of a record or page."""
    return [value] if not isinstance(value, list) else {"0": value}


def deeply(value: Any) -> Any:
    """A value with a list in the place of each scalar, at any depth."""
    if isinstance(value, dict):
        return {name: deeply(member) for name, member in value.items()}
    return [deeply(item) for item in value] if isinstance(value, list) else [value]


ENVELOPE = {"id", "type", "meta", "external_ids"}

TWISTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "ids are lists": lambda record: {**record, "id": [1]},
    "ids are numbers": lambda record: {**record, "id": 7},
    "no meta": lambda record: {k: v for k, v in record.items() if k != "meta"},
    "meta is text": lambda record: {**record, "meta": "now"},
    "meta is half there": lambda record: {**record, "meta": {"version": "1"}},
    "instants are numbers": lambda record: {**record, "meta": dict.fromkeys(record["meta"], 1)},
    "instants are words": lambda r: {**r, "meta": dict.fromkeys(r["meta"], "yesterday")},
    "versions are objects": lambda r: {**r, "meta": {**r["meta"], "version": {}}},
    "external ids are text": lambda record: {**record, "external_ids": "none"},
    "external ids are empty": lambda record: {**record, "external_ids": []},
    "external ids lack names": lambda record: {**record, "external_ids": [{}, 1, None]},
    "all is null": dict.fromkeys,
    "all is twisted": lambda record: {k: twisted(v) for k, v in record.items()},
    "all but the envelope is twisted": lambda record: {
        name: value if name in ENVELOPE else deeply(value) for name, value in record.items()
    },
    "origins are twisted": lambda record: {
        **record,
        "meta": {**record["meta"], "origin": {"app": [1], "at": {}}},
    },
    "records are lists": lambda _: [],
    "records are text": lambda _: "record",
    "records are null": lambda _: None,
    "type is another": lambda record: {**record, "type": "invoice"},
    "ids lead elsewhere": lambda record: {**record, "id": "../business?x=#y"},
    "ids break the line": lambda record: {**record, "id": "1\r\nX-Evil: 1"},
    "ids hold NUL and half a pair": lambda record: {**record, "id": "\x00\ud800"},
    "versions break the line": lambda r: {**r, "meta": {**r["meta"], "version": '"\r\nX-Evil: 1'}},
    "text holds NUL and half a pair": lambda r: {**r, "name": {"full": "\x00\udfff"}},
}


def twisting(twist: Callable[[dict[str, Any]], Any]) -> Callable[[Asked, Passed], None]:
    """A change of each record that a proxy lets through, alone, in a page or of a batch."""

    def result(one: dict[str, Any]) -> dict[str, Any]:
        return {**one, "body": twist(one["body"])} if "body" in one else one

    def after(asked: Asked, passed: Passed) -> None:
        if not 200 <= passed.status < 300 or not passed.body or b'"sbw_version"' in passed.body:
            return
        if asked.place.startswith("/.well-known/"):
            return
        value = passed.json
        if passed.is_page:
            passed.json = {**value, "items": [twist(item) for item in value["items"]]}
        elif "results" in value:
            passed.json = {"results": [result(one) for one in value["results"]]}
        else:
            passed.json = twist(value)

    return after


ALIKE = frozenset(
    {
        *("ids are numbers", "meta is half there", "meta is text", "instants are words"),
        *("versions are objects", "external ids are empty", "records are text", "records are null"),
        *("type is another", "origins are twisted", "ids hold NUL and half a pair"),
        *("versions break the line", "text holds NUL and half a pair", "ids lead elsewhere"),
    }
)
"""Twists that are tried in the slow tier, each much like another one."""


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "twist",
    [
        pytest.param(twist, id=name, marks=pytest.mark.full if name in ALIKE else ())
        for name, twist in TWISTS.items()
    ],
)
def test_twisted_records_never_are_the_suites_error(
    provider: Providers, twist: Callable[[dict[str, Any]], Any]
) -> None:
    """Values of wrong types fail requirements; no check stumbles over them."""
    with Proxy(provider(), after=twisting(twist)) as proxy:
        report = run(proxy.seen, only="contact", preflight=False, programs=1)
    errors = {(r.check, r.reason) for r in report.results if r.outcome is Outcome.ERROR}
    assert errors == set(), "\n".join(map(str, sorted(errors)))
    assert report.verdict is Verdict.NOT_CONFORMANT


PAGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "next is a number": lambda page: {**page, "next": 7},
    "next is an object": lambda page: {**page, "next": {"href": "x"}},
    "next is no URL": lambda page: {**page, "next": "http://[::1"},
    "next has a port that is none": lambda page: {**page, "next": "http://127.0.0.1:99999/"},
    "next is relative": lambda page: {**page, "next": "?cursor=1"},
    "next is a script": lambda page: {**page, "next": "javascript:alert(1)"},
    "next is a file": lambda page: {**page, "next": "file:///etc/passwd"},
    "next breaks the line": lambda page: {**page, "next": "http://127.0.0.1/\r\nX-Evil: 1"},
    "next is null": lambda page: {**page, "next": None},
    "items are text": lambda page: {**page, "items": "none"},
    "items are numbers": lambda page: {**page, "items": [1, 2]},
    "items are empty objects": lambda page: {**page, "items": [{}]},
    "no items": lambda _: {},
    "a bare array": lambda page: page["items"],
}


@pytest.mark.no_cover
@pytest.mark.parametrize("twist", [pytest.param(t, id=name) for name, t in PAGES.items()])
def test_twisted_pages_never_are_the_suites_error(
    provider: Providers, twist: Callable[[dict[str, Any]], Any]
) -> None:
    """Pages of wrong shapes fail requirements; no check stumbles over them."""

    def after(_: Asked, passed: Passed) -> None:
        if passed.is_page:
            passed.json = twist(passed.json)

    listing = [check.id for check in catalog() if "list" in check.needs]
    more = ("core.created_at", "core.deleted", "core.broken_json", "core.limit")
    with Proxy(provider(), after=after) as proxy:
        report = run(proxy.seen, *listing, *more, only="contact")
    errors = {(r.check, r.reason) for r in report.results if r.outcome is Outcome.ERROR}
    assert errors == set(), "\n".join(map(str, sorted(errors)))
    assert report.verdict is Verdict.NOT_CONFORMANT


BATCHES: dict[str, Callable[[list[Any]], Any]] = {
    "a bare array": lambda results: results,
    "no results": lambda _: {},
    "results are text": lambda _: {"results": "done"},
    "results are null": lambda results: {"results": [None] * len(results)},
    "results are lists": lambda results: {"results": [[one] for one in results]},
    "results are nested": lambda results: {"results": {"0": results}},
    "one result for all": lambda results: {"results": results[:1]},
    "more results than operations": lambda results: {"results": results * 3},
    "statuses are lists": lambda results: {
        "results": [{**one, "status": [201]} for one in results]
    },
    "statuses are text": lambda results: {"results": [{**one, "status": "201"} for one in results]},
    "statuses are true": lambda results: {"results": [{**one, "status": True} for one in results]},
    "headers are text": lambda results: {"results": [{**one, "headers": "no"} for one in results]},
    "bodies are lists": lambda results: {"results": [{**one, "body": [one]} for one in results]},
    "problems are numbers": lambda results: {"results": [{**one, "problem": 7} for one in results]},
}


@pytest.mark.no_cover
@pytest.mark.parametrize("twist", [pytest.param(t, id=name) for name, t in BATCHES.items()])
def test_twisted_batches_never_are_the_suites_error(
    provider: Providers, twist: Callable[[list[Any]], Any]
) -> None:
    """Results of wrong shapes fail requirements; neither checks nor clean-up stumble over them."""
    target = provider()

    def after(asked: Asked, passed: Passed) -> None:
        if asked.place.endswith("/batch") and passed.status == 200:
            passed.json = twist(passed.json["results"])

    with Proxy(target, after=after) as proxy:
        report = run(proxy.seen, "bulk.", "core.walk_shows", only="contact")
    errors = {(r.check, r.reason) for r in report.results if r.outcome is Outcome.ERROR}
    assert errors == set(), "\n".join(map(str, sorted(errors)))
    assert report.verdict is Verdict.NOT_CONFORMANT
    assert leftovers(target) == []


@pytest.mark.no_cover
def test_next_to_another_origin_gets_no_request(provider: Providers) -> None:
    """A `next` that leads elsewhere is a failure, and the other server never hears of it."""
    with Server(lambda _: http_answer(200, '{"items":[]}')) as thief:

        def after(asked: Asked, passed: Passed) -> None:
            if passed.is_page and "cursor" not in asked.path:
                passed.json = {**passed.json, "next": f"{thief.url}/contacts?cursor=1"}
                passed.headers.append(("Link", f'<{thief.url}/contacts?cursor=1>; rel="next"'))

        with Proxy(provider(), after=after) as proxy:
            report = run(proxy.seen, only="contact")
        assert thief.asked == []
    assert report.outcome("CORE-077") is Outcome.FAIL
    assert report.verdict is Verdict.NOT_CONFORMANT


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_origin_is_not_followed(status: int) -> None:
    """Neither with a token nor without."""
    with Server(lambda _: http_answer(200, BODY)) as thief:

        def away(_: Asked) -> Reply:
            return http_answer(status, location=f"{thief.url}/")

        with behind_landing(away) as server:
            report = run(with_tokens(server.url), "core.reading_shows", "business.")
        assert thief.asked == []
    assert report.verdict is Verdict.NOT_CONFORMANT


def test_a_token_never_leaves_for_another_origin() -> None:
    """The client itself keeps back a request with a token to anywhere but home."""
    with Server(lambda _: http_answer(200, BODY)) as thief:
        request = Request("a1", "list", "GET", f"{thief.url}/contacts")
        careful = client(home=origin_of("http://127.0.0.1:9"))
        exchange = careful.send(request, (("Authorization", "Bearer x"),), "test", 1)
        assert "another origin" in (exchange.failure or "")
        assert thief.asked == []
        assert careful.send(request, (), "test", 2).status == 200
        at_home = client(home=origin_of(thief.url))
        assert at_home.send(request, (("authorization", "Bearer x"),), "test", 3).status == 200


def test_hrefs_of_another_origin_get_no_token(provider: Providers) -> None:
    """Addresses in a landing page do not lead the suite astray."""
    with Server(lambda _: http_answer(200, BODY)) as thief:
        page = landing(thief.url)

        def before(asked: Asked) -> Reply | None:
            own = {"access_control_allow_origin": "*"}
            return http_answer(200, json.dumps(page), **own) if asked.place == "/" else None

        with Proxy(provider(), before) as proxy:
            report = run(proxy.seen, "core.claimed", "core.reading_shows")
        assert thief.asked == []
    assert report.outcome("CORE-003") is Outcome.FAIL


def test_a_walk_in_a_circle_ends(provider: Providers) -> None:
    """A `next` that leads to itself is a failure of the walk, not an endless one."""

    def after(asked: Asked, passed: Passed) -> None:
        if passed.is_page:
            passed.json = {**passed.json, "next": f"http://{asked.headers['host']}{asked.path}"}

    with Proxy(provider(), after=after) as proxy:
        report = run(proxy.seen, "core.walk_shows", "core.long_list", "core.deleted")
        assert len(proxy.server.asked) < 500
    assert report.outcome("CORE-075") is Outcome.FAIL
    assert report.verdict is Verdict.NOT_CONFORMANT


def test_a_walk_without_end_ends(provider: Providers, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that always has another page is given up after a number of pages."""
    monkeypatch.setattr("sbw_conformance.checks.lists.MOST_PAGES", 20)

    def after(asked: Asked, passed: Passed) -> None:
        if passed.is_page:
            ever = f"http://{asked.headers['host']}/contacts?cursor={time.monotonic_ns()}"
            passed.json = {**passed.json, "items": [], "next": ever}

    def before(asked: Asked) -> Reply | None:
        if "cursor=" not in asked.path:
            return None
        ever = f"http://{asked.headers['host']}/contacts?cursor={time.monotonic_ns()}"
        return http_answer(200, json.dumps({"items": [], "next": ever}))

    with Proxy(provider(), before, after) as proxy:
        report = run(proxy.seen, "core.walk_shows")
        assert len(proxy.server.asked) < 200
    assert report.verdict is Verdict.NOT_CONFORMANT


def test_what_blocks_failed_itself(provider: Providers) -> None:
    """A check that could not run names a requirement that failed in the same run."""
    twists = (TWISTS["no meta"], TWISTS["records are text"])
    for twist in twists:
        with Proxy(provider(), after=twisting(twist)) as proxy:
            report = run(proxy.seen, only="contact", preflight=False)
        failed = {r.requirement for r in report.results if r.outcome is Outcome.FAIL}
        blocked = {r.blocked_by for r in report.results if r.blocked_by}
        assert blocked
        assert blocked <= failed
