"""Before any verdict: what makes none sense is refused, all else is left to the checks."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.conformance.support import (
    Asked,
    Reply,
    Server,
    behind_landing,
    http_answer,
    landing,
    problem,
    same,
    with_tokens,
)

from sbw_conformance.client import Client
from sbw_conformance.doctoring import network
from sbw_conformance.preflight import ready
from sbw_conformance.target import ConfigurationError, Credentials, Target, UnreachableError
from sbw_validator.schemas import load_schemas
from sbw_validator.standard import load_standard

BY_ID = Credentials(client_id="one", client_secret="canary-secret")


def made_ready(target: Target) -> Target:
    """The target after preflight."""
    client = Client(1, target.origin)
    try:
        return ready(target, client, load_schemas(load_standard()))
    finally:
        client.close()


def business(id_: Callable[[str], str]) -> Callable[[Asked], Reply]:
    """A handler that shows a business whose id depends on the token."""

    def answer(asked: Asked) -> Reply:
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        return http_answer(200, json.dumps({"id": id_(token), "type": "business"}))

    return answer


def test_a_provider_that_is_as_it_should_be_is_left_as_it_is() -> None:
    """Nothing is changed, and only the landing page and the business are asked for."""
    with behind_landing(business(lambda token: token[-2:])) as server:
        target = with_tokens(server.url)
        assert made_ready(target) == target
    assert {asked.path for asked in server.asked} == {"/", "/business"}
    assert {asked.method for asked in server.asked} == {"GET"}
    assert len(server.asked) == 1 + len(target.clients)


def test_b1_of_the_same_business_is_refused() -> None:
    """Tenancy could not be judged; a2 of another one shows in the checks."""
    with (
        behind_landing(business(lambda _: "the-one")) as server,
        pytest.raises(ConfigurationError, match=r"see the same business \(the-one\)"),
    ):
        made_ready(with_tokens(server.url))


@pytest.mark.parametrize("role", ["a1", "a2", "b1", "a1.read_only"])
def test_a_token_that_is_refused_is_the_users_to_mend(role: str) -> None:
    """A 401 for the token of any client, and that is no verdict."""

    def answer(asked: Asked) -> Reply:
        mine = asked.headers["authorization"].endswith(f"-{role}")
        return problem(401) if mine else http_answer(200, '{"id": "a"}')

    with (
        behind_landing(answer) as server,
        pytest.raises(ConfigurationError, match=f"token of client {role} ") as caught,
    ):
        made_ready(with_tokens(server.url))
    assert not isinstance(caught.value, UnreachableError)


@pytest.mark.parametrize("status", [403, 404, 500])
def test_any_other_answer_is_left_to_the_checks(status: int) -> None:
    """Only 401 says that it is the token."""
    with behind_landing(lambda _: problem(status)) as server:
        target = with_tokens(server.url)
        assert made_ready(target) == target


@pytest.mark.parametrize(
    "server",
    [
        same(200, "{}"),
        same(200, "<html>", "text/html"),
        same(401, "{}"),
        same(404, "{}"),
        Server(lambda _: http_answer(302, location="https://elsewhere.example/")),
    ],
    ids=["empty", "html", "401", "404", "redirect"],
)
def test_what_is_no_landing_page_ends_it(server: Server) -> None:
    """The checks are to judge it: nothing else is asked, and no token leaves."""
    with server:
        target = replace(with_tokens(server.url), clients={"a1": BY_ID})
        assert made_ready(target).clients["a1"].token == "none"
    assert [asked.path for asked in server.asked] == ["/"]
    assert "authorization" not in server.asked[0].headers


@pytest.mark.parametrize(
    ("base", "says"),
    [
        ("http://sbw.invalid", "The name sbw.invalid leads nowhere"),
        ("http://127.0.0.1:9", "Nothing listens at 127.0.0.1, port 9"),
    ],
)
def test_a_provider_that_does_not_answer_is_unreachable(base: str, says: str) -> None:
    """The cause is named as near as can be."""
    with pytest.raises(UnreachableError, match=f"^{says}") as caught:
        made_ready(with_tokens(base))
    assert caught.value.hint


def test_what_speaks_no_http_is_unreachable() -> None:
    """There is a connection, and no answer."""
    with (
        Server(lambda _: b"220 mail.example ESMTP\r\n") as server,
        pytest.raises(UnreachableError, match=f"Nothing answers at {server.url}/: ") as caught,
    ):
        made_ready(with_tokens(server.url))
    assert f"curl -i {server.url}/" in caught.value.hint


def test_a_provider_without_tls_is_not_blamed_for_that(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sent in clear is a matter of `sbw doctor`; here it explains nothing."""
    with Server(lambda _: b"220 mail.example ESMTP\r\n") as server:
        monkeypatch.setattr(network, "_addresses", lambda _: ["93.184.215.14"])
        with pytest.raises(UnreachableError, match="Nothing answers at "):
            made_ready(with_tokens(server.url))


def test_client_credentials_are_exchanged_for_tokens() -> None:
    """Each client asks on its own; a provider without an endpoint has to be given tokens."""

    def answer(asked: Asked) -> Reply:
        if asked.place == "/token":
            return http_answer(200, '{"access_token": "fresh", "token_type": "Bearer"}')
        return http_answer(200, '{"id": "a"}')

    with behind_landing(answer, with_endpoint) as server:
        found = made_ready(Target(server.url, {"a1": BY_ID, "a2": BY_ID}))
    assert {role: client.token for role, client in found.clients.items()} == {
        "a1": "fresh",
        "a2": "fresh",
    }
    with (
        behind_landing(answer) as server,
        pytest.raises(ConfigurationError, match=r"names no auth\.token_endpoint"),
    ):
        made_ready(Target(server.url, {"a1": BY_ID}))


@pytest.mark.parametrize(
    "reply",
    [
        http_answer(401, '{"error": "invalid_client"}'),
        http_answer(200, "{}"),
        http_answer(200, '{"access_token": ""}'),
        http_answer(200, '{"access_token": "a b"}'),
        http_answer(200, '{"access_token": 5}'),
        http_answer(200, "[]"),
    ],
)
def test_an_endpoint_that_gives_no_token_is_told_without_the_secret(reply: bytes) -> None:
    """What came instead is said."""
    with (
        behind_landing(lambda _: reply, with_endpoint) as server,
        pytest.raises(ConfigurationError, match="Client a1 got no token") as caught,
    ):
        made_ready(Target(server.url, {"a1": BY_ID}))
    assert "canary" not in str(caught.value)


def with_endpoint(base: str) -> dict[str, object]:
    """A landing page with a token endpoint."""
    return landing(base, auth={"schemes": ["bearer"], "token_endpoint": f"{base}/token"})
