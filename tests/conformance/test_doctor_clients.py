"""Tokens that let nobody in, or somebody else, are told before any verdict."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.conformance.support import (
    Asked,
    Proxy,
    Reply,
    behind_landing,
    http_answer,
    problem,
    with_tokens,
)
from tests.conformance.visits import jwt, looked, states, with_client

from sbw_conformance.doctor import to_json, visiting
from sbw_conformance.doctoring.diagnosis import State
from sbw_conformance.doctoring.probes import PROBES, Line
from sbw_conformance.provider import Fleet
from sbw_conformance.target import Credentials, Target


@pytest.fixture(scope="module")
def reference(fleet: Fleet) -> Iterator[Target]:
    """Give one reference provider for all that only look at it."""
    yield fleet.start("doctor_clients", classes=["core", "contacts"])
    fleet.stop("doctor_clients")


def test_a_token_that_is_refused_is_told_without_it(reference: Target) -> None:
    """Which client it is, and what depends on it is not looked at."""
    found = looked(with_client(reference, "a2", Credentials(token="canary-wrong")))
    assert found["token of a2"].says.startswith("The provider does not accept the token of client")
    assert "SBW_A2_TOKEN" in found["token of a2"].advice
    assert states(found) == {
        State.WRONG: {"token of a2"},
        State.SKIPPED: {"a2 reads", "a2 writes", "same business", "two apps"},
    }
    assert "canary" not in json.dumps(to_json(reference, [Line(n, f) for n, f in found.items()]))


def test_a_token_that_says_when_it_ended_is_quoted(reference: Target) -> None:
    """A JWT names its end; nobody has to guess."""
    ended = jwt(exp=1_700_000_000)
    found = looked(with_client(reference, "b1", Credentials(token=ended)))["token of b1"]
    assert found.advice == "It expired on 2023-11-14 at 22:13 UTC: issue SBW_B1_TOKEN again."


def test_a_provider_that_says_expired_is_believed(reference: Target) -> None:
    """`error_description` of the challenge says it (RFC 6750, section 3)."""
    told = 'Bearer error="invalid_token", error_description="The token expired"'

    def before(asked: Asked) -> Reply | None:
        is_b1 = reference.clients["b1"].token in asked.headers.get("authorization", "")
        return http_answer(401, "{}", www_authenticate=told) if is_b1 else None

    with Proxy(reference, before) as proxy:
        found = looked(proxy.seen)["token of b1"]
    assert found.advice == "It has expired: issue SBW_B1_TOKEN again."


def test_missing_clients_are_told_with_what_they_are_for(reference: Target) -> None:
    """Without a1 nothing can be judged, without the others not everything."""
    nobody = looked(replace(reference, clients={}))
    tokens_of = {name for name in nobody if name.startswith("token of")}
    assert states(nobody)[State.WRONG] == {"token of a1"}
    assert states(nobody)[State.UNKNOWN] == tokens_of - {"token of a1"}
    assert "export SBW_A1_TOKEN=..." in nobody["token of a1"].advice
    assert "that businesses are kept apart cannot be judged" in nobody["token of b1"].says
    assert "SBW_A1_READ_ONLY_TOKEN" in nobody["token of a1.read_only"].advice


def test_a_client_secret_that_is_wrong_is_told(reference: Target) -> None:
    """With what the token endpoint answered, and without the secret."""
    known = reference.clients["b1"]
    wrong = replace(known, token=None, client_secret="canary-secret")
    found = looked(with_client(reference, "b1", wrong))["token of b1"]
    assert found.says.startswith(f"Client b1 got no token from {reference.base}/token: status 401")
    assert "canary" not in found.says + found.advice


def test_client_credentials_need_a_token_endpoint() -> None:
    """A landing page that names none takes tokens only."""
    with behind_landing(lambda _: problem(404)) as server:
        given = Credentials(client_id="one", client_secret="two")
        found = looked(Target(server.url, {"a1": given}))["token of a1"]
    assert "names no auth.token_endpoint" in found.says


def test_a_business_that_cannot_be_read_leaves_tokens_unknown() -> None:
    """An error of the provider is not one of the token."""
    with behind_landing(lambda _: problem(500)) as server:
        found = looked(with_tokens(server.url))
    assert found["token of a1"].state is State.UNKNOWN
    assert "status 500" in found["token of a1"].says
    assert State.WRONG not in states(found)


SWAPS = {
    "a2 is b1": ("a2", "b1", {"same business"}, "a1 and a2 see different businesses"),
    "a2 is a1": ("a2", "a1", {"two apps"}, "Clients a1 and a2 have the same token"),
    "b1 is a2": ("b1", "a2", {"other business"}, "Clients a1 and b1 see the same business"),
    "a1 only reads": ("a1", "a1.read_only", {"a1 writes", "only reads"}, "lacks contacts:write"),
    "a1 sees the business": (
        "a1",
        "a1.business_only",
        {"a1 reads", "a1 writes", "only the business"},
        "lacks contacts:read",
    ),
    "read_only writes": (
        "a1.read_only",
        "a2",
        {"only reads"},
        "may write what needs contacts:write",
    ),
    "read_only is a1": ("a1.read_only", "a1", {"only reads"}, "hold the same token"),
    "read_only is too narrow": (
        "a1.read_only",
        "a1.business_only",
        {"only reads"},
        "is too narrow: it lacks contacts:read",
    ),
    "read_only is of b": ("a1.read_only", "b1", {"only reads"}, "see different businesses"),
    "business_only reads": (
        "a1.business_only",
        "a1.read_only",
        {"only the business"},
        "is not narrower: it may read what needs contacts:read",
    ),
}
"""A client with the token of another: which probes are wrong, and the words of one of them."""


@pytest.mark.parametrize(("role", "other", "probes", "says"), SWAPS.values(), ids=SWAPS.keys())
def test_tokens_in_each_others_place_are_told(
    role: str, other: str, probes: set[str], says: str, reference: Target
) -> None:
    """A token that works, but is not the one that it should be."""
    token = reference.clients[other].token
    found = looked(with_client(reference, role, Credentials(token=token)))
    assert states(found)[State.WRONG] == probes
    said = [found[name] for name in probes if says in found[name].says]
    assert said
    assert all(one.advice for one in said)


def test_swapped_tokens_are_recognized(reference: Target) -> None:
    """What a2 has is a token of the business of b1."""
    token = reference.clients["b1"].token
    found = looked(with_client(reference, "a2", Credentials(token=token)))["same business"]
    assert found.advice.endswith("what it has is one of the business of b1.")


@pytest.mark.parametrize(
    ("one", "two", "state"),
    [
        (jwt(client_id="x"), jwt(client_id="x", jti="2"), "wrong"),
        (jwt(azp="x"), jwt(azp="y"), "ok"),
        (jwt(azp="x"), jwt(sub="y"), "unknown"),
        ("opaque", "other", "unknown"),
        ("a.%%%.b", "a.W10.b", "unknown"),
    ],
)
def test_tokens_that_name_their_app_tell_two_apps_apart(one: str, two: str, state: str) -> None:
    """A JWT says whom it was issued to; an opaque token says nothing."""
    target = Target("http://127.0.0.1", {"a1": Credentials(one), "a2": Credentials(two)})
    probe = next(probe for probe in PROBES if probe.name == "two apps")
    with visiting(target) as visit:
        assert probe.ask(visit).state == state


def test_an_answer_that_says_nothing_of_scopes_leaves_them_unknown(reference: Target) -> None:
    """A 403 for another reason is no lacking scope."""

    def before(asked: Asked) -> Reply | None:
        return problem(403) if asked.path.startswith("/contacts") else None

    with Proxy(reference, before) as proxy:
        found = looked(proxy.seen)
    assert found["a1 reads"].state is State.UNKNOWN
    assert "/contacts?limit=1: status 403" in found["a1 reads"].says
    assert State.WRONG not in states(found)


def test_scopes_are_those_that_the_refusal_names(reference: Target) -> None:
    """The challenge says which scope is lacking, whatever the landing page says."""
    told = 'Bearer error="insufficient_scope", scope="crm.all"'

    def before(asked: Asked) -> Reply | None:
        refused = http_answer(403, "{}", www_authenticate=told)
        return refused if asked.path.startswith("/contacts?") else None

    with Proxy(reference, before) as proxy:
        found = looked(proxy.seen)["a2 reads"]
    assert found.says.startswith("The token of client a2 lacks crm.all")
