"""Who is let in: static tokens, client credentials, scopes, businesses."""

from base64 import b64encode
from urllib.parse import urlencode

import pytest
from tests.reference.support import Api

from sbw_reference import auth, records
from sbw_reference.auth import Grant
from sbw_reference.server import Running

FORM = "application/x-www-form-urlencoded"


def test_no_token_no_answer(running: Running) -> None:
    """Without a token even an address that leads nowhere is 401."""
    for path in ("/contacts", "/contacts/x", "/business", "/nowhere"):
        answer = Api(running, None)("GET", path)
        assert answer.problem() == (401, "unauthorized")
        assert answer.headers["www-authenticate"] == 'Bearer realm="sbw"'


@pytest.mark.parametrize("header", ["Bearer nobody", "bearer  nobody", "Bearer {token}x"])
def test_a_wrong_token_is_called_invalid(running: Running, header: str) -> None:
    """A token that nobody was given is told from a missing one."""
    api = Api(running)
    answer = api("GET", "/contacts", Authorization=header.format(token=api.token))
    assert answer.problem() == (401, "unauthorized")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_a_token_in_the_query_is_no_token(running: Running) -> None:
    """It is neither accepted alone nor passed over beside one in the header."""
    query = f"/contacts?access_token={Api(running).token}"
    assert Api(running, None)("GET", query).problem() == (401, "unauthorized")
    assert Api(running)("GET", query).problem() == (400, "unknown-parameter")


def test_tokens_are_stored_hashed(running: Running) -> None:
    """No token or client secret stands in the database."""
    content = b"".join(file.read_bytes() for file in (running.home or ...).iterdir())
    for client in running.inhabitants.clients.values():
        assert auth.digest(client.token).encode() in content
        assert client.token.encode() not in content
        assert client.client_secret.encode() not in content


def test_apps_of_a_business_share_and_businesses_do_not(running: Running) -> None:
    """a2 sees, changes and lists what a1 wrote; for b1 it is as if it did not exist."""
    a1, a2, b1 = (Api(running, name) for name in ("a1", "a2", "b1"))
    record = a1.create()
    path = f"/contacts/{record['id']}"
    assert a2("GET", path).value == record
    assert a2("PATCH", path, {"name": {"given": "Grace"}}, If_Match="*").status == 200
    unknown = b1("GET", "/contacts/no-such-record")
    for method, body in (("GET", None), ("PATCH", {}), ("DELETE", None)):
        assert b1(method, path, body, If_Match="*").problem() == unknown.problem()
    assert record["id"] not in [item["id"] for item in b1.walk("/contacts")]
    assert record["id"] in [item["id"] for item in a2.walk("/contacts")]
    ids = [api("GET", "/business").value["id"] for api in (a1, a2, b1)]
    assert ids == [running.inhabitants.businesses[name] for name in "aab"]


def test_scopes_are_checked_before_the_record(running: Running) -> None:
    """Who may only read is refused a write with 403, whether there is such a record or not."""
    tenant = running.inhabitants.businesses["a"]
    api = Api(running)
    record = api.create()
    api.token = auth.issue(running.store, Grant(tenant, "app.a", frozenset({"contacts:read"})))
    assert api("GET", f"/contacts/{record['id']}").status == 200
    for path in (f"/contacts/{record['id']}", "/contacts/no-such-record"):
        answer = api("DELETE", path)
        assert answer.problem() == (403, "insufficient-scope")
        assert 'scope="contacts:write"' in answer.headers["www-authenticate"]
    assert api("GET", "/business").status == 403


def test_scoped_tokens_are_narrower(running: Running) -> None:
    """One reads everything and writes nothing, one reads the business and nothing else."""
    api = Api(running)
    path = f"/contacts/{api.create()['id']}"
    for name, status in (("read_only", 200), ("business_only", 403)):
        api.token = running.inhabitants.clients["a1"].scoped[name]
        assert api("GET", "/business").status == 200
        assert api("GET", path).status == status
        assert api("PATCH", path, {}, If_Match="*").problem() == (403, "insufficient-scope")


def test_a_scope_is_refused_alike_for_any_record(running: Running) -> None:
    """The refusal says the scope, and nothing of the record."""
    api = Api(running)
    record = api.create()
    api.token = running.inhabitants.clients["a1"].scoped["business_only"]
    there, unknown = (api("GET", f"/contacts/{id_}") for id_ in (record["id"], "unknown"))
    assert there.problem() == unknown.problem() == (403, "insufficient-scope")
    assert there.headers["www-authenticate"] == unknown.headers["www-authenticate"]
    assert 'scope="contacts:read"' in there.headers["www-authenticate"]


def test_tokens_expire(running: Running) -> None:
    """A token is invalid from the millisecond on that its grant names."""
    tenant, scopes = running.inhabitants.businesses["a"], frozenset({"contacts:read"})
    api = Api(running)
    api.token = auth.issue(running.store, Grant(tenant, "app.a", scopes, records.now() + 60_000))
    assert api("GET", "/contacts").status == 200
    api.token = auth.issue(running.store, Grant(tenant, "app.a", scopes, records.now()))
    assert 'error="invalid_token"' in api("GET", "/contacts").headers["www-authenticate"]


def _token(api: Api, fields: dict[str, str], **headers: str) -> tuple[int, dict[str, object]]:
    body = urlencode({"grant_type": "client_credentials", **fields}).encode()
    answer = api("POST", "/token", body=body, Content_Type=FORM, **headers)
    return answer.status, answer.value


@pytest.mark.parametrize("how", ["form", "header"])
def test_client_credentials_give_a_token_of_one_business(running: Running, how: str) -> None:
    """Id and secret, in the form or as Basic, give a token that expires, and its business."""
    api, client = Api(running, None), running.inhabitants.clients["b1"]
    fields, headers = {"client_id": client.client_id, "client_secret": client.client_secret}, {}
    if how == "header":
        pair = f"{client.client_id}:{client.client_secret}".encode()
        fields, headers = {}, {"Authorization": f"Basic {b64encode(pair).decode()}"}
    status, token = _token(api, {**fields, "scope": "contacts:read business:read"}, **headers)
    assert (status, token["token_type"], token["expires_in"]) == (200, "Bearer", 3600)
    assert token["scope"] == "business:read contacts:read"
    assert token["business_id"] == running.inhabitants.businesses["b"]
    api.token = str(token["access_token"])
    assert api("GET", "/business").value["id"] == token["business_id"]
    assert api("POST", "/contacts", {}).problem() == (403, "insufficient-scope")


def test_bad_token_requests_are_told_as_oauth_says(running: Running) -> None:
    """RFC 6749, 5.2: unknown client, wrong secret, too many scopes, another grant, no POST."""
    api, client = Api(running, None), running.inhabitants.clients["a1"]
    good = {"client_id": client.client_id, "client_secret": client.client_secret}
    wrong = (
        ({**good, "client_id": "nobody"}, 400, "invalid_client"),
        ({**good, "client_id": "\0"}, 400, "invalid_client"),
        ({**good, "client_secret": "wrong"}, 401, "invalid_client"),
        ({**good, "scope": "contacts:read everything"}, 400, "invalid_scope"),
        ({**good, "grant_type": "password"}, 400, "unsupported_grant_type"),
    )
    for fields, status, error in wrong:
        got, answer = _token(api, fields)
        assert (got, answer["error"]) == (status, error)
    assert api("GET", "/token").problem() == (405, "about:blank")
