"""HTTP itself: methods, negotiation, sizes, codings, and the catalog of the origin."""

import gzip
import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.reference.support import MINIMAL, Api, named

from sbw_reference import coding, negotiation
from sbw_reference.problems import Refusal
from sbw_reference.server import Running

MIB = 1024 * 1024
LONG = {**MINIMAL, "emails": [{"address": f"ada{n}@example.com"} for n in range(100)]}


def raw(api: Api, method: str, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Send a request without what clients add to it, and read the bytes as they come."""
    place = urlsplit(api.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=20)
    connection.putrequest(method, path, skip_accept_encoding=True)
    connection.putheader("Authorization", f"Bearer {api.token}")
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, {k.lower(): v for k, v in answer.getheaders()}, content


def test_head_is_get_without_a_body(api: Api, running: Running) -> None:
    """Status and headers are those of GET, refusals included."""
    record = api.create()
    anyone = Api(running, None)
    for client, path in (
        (api, f"/contacts/{record['id']}"),
        (api, "/contacts?limit=1"),
        (api, "/contacts/unknown"),
        (api, "/contacts?limit=0"),
        (api, "/"),
        (anyone, "/business"),
        (anyone, "/.well-known/api-catalog"),
    ):
        got, head = client("GET", path), client("HEAD", path)
        assert (head.status, head.body) == (got.status, b"")
        for name in ("etag", "content-length", "content-type", "cache-control", "link"):
            assert head.headers.get(name) == got.headers.get(name)


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/contacts", "GET, HEAD, POST"),
        ("/contacts/x", "DELETE, GET, HEAD, PATCH"),
        ("/contacts/by-external-id", "GET, HEAD, PATCH"),
        ("/contacts/batch", "POST"),
        ("/business", "GET, HEAD"),
        ("/sandbox/controls", "POST"),
        ("/.well-known/api-catalog", "GET, HEAD"),
        ("/", "GET, HEAD, OPTIONS"),
    ],
)
def test_other_methods_are_refused(api: Api, path: str, allow: str) -> None:
    """405 lists the methods that are declared, whatever was asked for."""
    for method in ("PUT", "PURGE", "TRACE"):
        answer = api(method, path)
        assert (answer.problem(), answer.headers["allow"]) == ((405, "about:blank"), allow)


@pytest.mark.parametrize(
    ("accept", "admitted"),
    [
        (None, True),
        ("", True),
        ("*/*", True),
        ("application/*", True),
        ("application/json", True),
        ("APPLICATION/JSON; charset=utf-8", True),
        ("application/problem+json", True),
        ("text/html, application/xml;q=0.9, */*;q=0.1", True),
        ('text/html;x="a,b", application/json;q=0.001', True),
        ("text/html", False),
        ("application/xml, text/csv;q=0.5", False),
        ("application/json;q=0", False),
        ("application/json;q=0, */*", False),
        ("*/*;q=0.0", False),
        ("application/*;q=0, */*;q=1", False),
        ("application/jsonp", False),
    ],
)
def test_json_is_answered_where_it_is_admitted(
    api: Api, accept: str | None, *, admitted: bool
) -> None:
    """The most specific range decides; what admits no JSON is 406 and stores nothing."""
    assert negotiation.admits_json(accept) is admitted
    headers = {} if accept is None else {"Accept": accept}
    status, got, _ = raw(api, "GET", "/business", **headers)
    assert status == (200 if admitted else 406)
    kind = "application/json" if admitted else "application/problem+json"
    assert got["content-type"] == kind


def test_what_is_not_acceptable_does_nothing(api: Api) -> None:
    """The refusal comes before anything is written, and after 401 and 404 for the route."""
    html = {"Accept": "text/html"}
    before = len(list(api.walk("/contacts")))
    answer = api("POST", "/contacts", MINIMAL, **html)
    assert answer.problem() == (406, "about:blank")
    assert len(list(api.walk("/contacts"))) == before
    assert api("GET", "/nowhere", **html).status == 404
    assert api("GET", "/", **html).status == 406


def padded(body: Any, size: int) -> bytes:
    """A body of just so many bytes."""
    return json.dumps(body).encode().ljust(size)


def test_a_body_is_taken_up_to_the_limit(api: Api) -> None:
    """The landing page says how many bytes; one more is 413, and the connection goes on."""
    limit = api("GET", "/").value["limits"]["body_bytes"]
    assert limit == MIB
    assert api("POST", "/contacts", body=padded(MINIMAL, limit)).status == 201
    for path in ("/contacts", "/contacts/batch"):
        answer = api("POST", path, body=padded(MINIMAL, limit + 1))
        assert answer.problem() == (413, "about:blank")
    assert api("POST", "/contacts", body=b" " * 5 * MIB).status == 413
    assert api("GET", "/business").status == 200


def test_a_packed_body_is_read(api: Api) -> None:
    """In gzip, of one member or more, and in no other coding."""
    content = json.dumps(named("packed")).encode()
    packed = gzip.compress(content[:9]) + gzip.compress(content[9:])
    made = api("POST", "/contacts", body=packed, Content_Encoding="GZIP")
    assert (made.status, made.value["external_ids"]) == (201, named("packed")["external_ids"])
    path = f"/contacts/{made.value['id']}"
    patch = gzip.compress(b'{"nickname": "x"}')
    assert api("PATCH", path, body=patch, Content_Encoding="gzip", If_Match="*").status == 200
    plain = api("POST", "/contacts", body=json.dumps(MINIMAL).encode(), Content_Encoding="identity")
    assert plain.status == 201
    for other in ("br", "deflate", "gzip, gzip"):
        refused = api("POST", "/contacts", body=packed, Content_Encoding=other)
        assert refused.problem() == (415, "about:blank")
        assert refused.headers["accept-encoding"] == "gzip"


PACKED = gzip.compress(b"{}", mtime=0)


@pytest.mark.parametrize("body", [b"", b"{}", PACKED[:-3], PACKED[:9]])
def test_broken_gzip_is_malformed(api: Api, body: bytes) -> None:
    """What is no gzip, or breaks off, is 400."""
    answer = api("POST", "/contacts", body=body, Content_Encoding="gzip")
    assert answer.problem() == (400, "malformed")


def test_a_small_body_is_not_large_inside(api: Api) -> None:
    """The limit is counted after unpacking, and a bomb ends at it."""
    full = gzip.compress(padded(MINIMAL, MIB))
    assert api("POST", "/contacts", body=full, Content_Encoding="gzip").status == 201
    bomb = gzip.compress(b" " * 200 * MIB, 9)
    assert len(bomb) < MIB
    for body in (bomb, gzip.compress(padded(MINIMAL, MIB + 1)), gzip.compress(b" " * MIB) * 9):
        answer = api("POST", "/contacts", body=body, Content_Encoding="gzip")
        assert answer.problem() == (413, "about:blank")


def test_unpacking_stops_at_the_limit() -> None:
    """No more is unpacked than one byte beyond it."""
    bomb = gzip.compress(b" " * 10 * MIB)
    assert len(coding._expanded(bomb, 1000)) == 1001
    assert coding.unpacked(gzip.compress(b"x" * 1000), "gzip", 1000) == b"x" * 1000
    with pytest.raises(Refusal, match="413"):
        coding.unpacked(b"x" * 1001, None, 1000)


@pytest.mark.parametrize(
    ("accept", "packed"),
    [
        ("gzip", True),
        ("x-gzip", True),
        ("br;q=1.0, gzip;q=0.5", True),
        ("*", True),
        ("identity;q=0, gzip", True),
        (None, False),
        ("", False),
        ("identity", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip;q=0, *", False),
        ("identity;q=0", False),
    ],
)
def test_answers_are_packed_where_that_is_admitted(
    api: Api, accept: str | None, *, packed: bool
) -> None:
    """A long answer is sent in gzip to those who ask for it, with the same ETag."""
    record = api.create(LONG)
    path = f"/contacts/{record['id']}"
    headers = {} if accept is None else {"Accept_Encoding": accept}
    status, got, content = raw(api, "GET", path, **headers)
    assert (status, got["vary"]) == (200, "Accept-Encoding")
    assert got["etag"] == f'"{record["meta"]["version"]}"'
    assert got["content-length"] == str(len(content))
    assert ("content-encoding" in got) is packed
    assert json.loads(gzip.decompress(content) if packed else content) == record
    if packed:
        assert raw(api, "HEAD", path, **headers)[1]["content-length"] == str(len(content))


def test_short_answers_stay_plain(api: Api) -> None:
    """To pack them would not pay."""
    _, headers, _ = raw(api, "GET", "/business", Accept_Encoding="gzip")
    assert not {"content-encoding", "vary"} & set(headers)


def test_anyone_finds_the_base_from_the_origin(running: Running) -> None:
    """The catalog is a linkset that leads to the landing page, which leads back."""
    anyone = Api(running, None)
    answer = anyone("GET", "/.well-known/api-catalog", Accept="application/linkset+json")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("application/linkset+json")
    assert answer.headers["access-control-allow-origin"] == "*"
    [context] = answer.value["linkset"]
    assert [target["href"] for target in context["item"]] == [f"{running.url}/"]
    assert anyone("GET", "/").headers["link"] == '</.well-known/api-catalog>; rel="api-catalog"'


def test_a_token_changes_nothing_of_the_landing_page(running: Running) -> None:
    """The page is the same, kept from shared caches; a bad token is refused."""
    public, own = Api(running, None)("GET", "/"), Api(running)("GET", "/")
    assert own.value == public.value
    assert "public" in public.headers["cache-control"]
    assert own.headers["cache-control"] == "private"
    assert own.headers["access-control-allow-origin"] == "*"
    bad = Api(running, None)("GET", "/", Authorization="Bearer nobody")
    assert bad.problem() == (401, "unauthorized")


def test_records_are_not_for_shared_caches(api: Api) -> None:
    """Whatever holds a record says private: reads, pages, writes, batches, 304 and refusals."""
    record = api.create()
    path, tag = f"/contacts/{record['id']}", f'"{record["meta"]["version"]}"'
    operations = {"operations": [{"operation": "create", "body": MINIMAL}]}
    for answer in (
        api("POST", "/contacts", MINIMAL),
        api("GET", path),
        api("GET", path, If_None_Match=tag),
        api("PATCH", path, {"nickname": "x"}, If_Match="*"),
        api("GET", "/contacts"),
        api("POST", "/contacts/batch", operations),
        api("GET", "/contacts/unknown"),
    ):
        assert answer.headers["cache-control"] == "private"
