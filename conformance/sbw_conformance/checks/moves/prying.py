"""Moves that ask for what is not theirs: nobody's token, or one of another business or scope."""

from collections.abc import Iterable, Iterator

from sbw_conformance.checks import bodies
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.model import Step
from sbw_conformance.checks.moves import Card, Source, each, move, operations
from sbw_conformance.checks.records import (
    BusinessOnlyToken,
    OtherTenant,
    ReadOnlyToken,
    Records,
)
from sbw_conformance.checks.sent import NOBODY, refused, send, sent_of
from sbw_conformance.checks.trial import ANONYMOUS
from sbw_conformance.checks.world import World

WRITES = ("create", "update", "upsert", "delete")
ALL = ("list", "read", "create", "update", "delete", "upsert", "batch")


def _token(kind: str, token: str) -> str:
    flipped = token[:-1] + ("A" if token[-1:] != "A" else "B")
    return {
        "unknown": "sbw-no-such-token",
        "cut": token[:-1],
        "longer": f"{token}x",
        "flipped": flipped,
        "other case": token.swapcase(),
        "reversed": token[::-1],
        "twice": f"{token},{token}",
    }[kind]


TOKENS = ("unknown", "cut", "longer", "flipped", "other case", "reversed", "twice")


@move(
    "CORE-010",
    needs=["create"],
    cards=lambda source: [("", name) for name in operations(source, *ALL)],
)
def ask_as_nobody(world: World, step: Step) -> None:
    """Ask without a token."""
    life = world.alive(step.target)
    with refused(world, step.value, life, "CORE-010") as sent:
        answer = send(world, sent, client=ANONYMOUS)
        answer.must_be_problem(401, "unauthorized", under="CORE-010")
        challenge = answer.exchange.header("www-authenticate") or "none"
        known = challenge.lower().startswith("bearer") or ", bearer" in challenge.lower()
        answer.verify(known, "WWW-Authenticate: Bearer", challenge, under="CORE-010")


def _cards_of_tokens(source: Source) -> Iterator[Card]:
    names = list(operations(source, *ALL))
    for number, kind in enumerate(TOKENS * 2):
        yield "", [names[number % len(names)], kind]


@move("CORE-011", needs=["create"], cards=_cards_of_tokens)
def ask_with_a_wrong_token(world: World, step: Step) -> None:
    """Ask with a token that nobody was given."""
    operation, kind = step.value
    life, token = world.alive(step.target), world.records.trial.run.token("a1")
    wrong = _token(kind, token)
    if wrong == token:
        return
    with refused(world, operation, life, "CORE-011") as sent:
        headers = {**sent.headers, "Authorization": f"Bearer {wrong}"}
        answer = send(world, sent, client=ANONYMOUS, headers=headers)
        answer.must_be_problem(401, "unauthorized", under="CORE-011")
        challenge = answer.exchange.header("www-authenticate") or "none"
        bare = challenge.replace(" ", "").replace('"', "").lower()
        told = "error=invalid_token" in bare
        answer.verify(told, 'error="invalid_token"', challenge, under="CORE-011")


@move(
    "CORE-012",
    needs=["create"],
    cards=lambda source: [
        ("", [name, parameter])
        for name in operations(source, "list", "read", "create")
        for parameter in ("access_token", "token")
    ],
)
def ask_with_a_token_in_the_address(world: World, step: Step) -> None:
    """Ask with a good token where none may be."""
    operation, parameter = step.value
    sent = sent_of(world, operation, world.alive(step.target))
    query = {parameter: world.records.trial.run.token("a1")}
    answer = send(world, sent, client=ANONYMOUS, query=query)
    answer.verify(400 <= answer.status < 500, "a refusal", under="CORE-012")


@move(
    "CORE-013",
    needs=["create", "read", "b1"],
    cards=lambda source: [("", name) for name in operations(source, "read", "update", "delete")],
)
def ask_of_another_business(world: World, step: Step) -> None:
    """Ask for a record that another business has."""
    life, stranger = world.alive(step.target), world.seen_by(OtherTenant)
    sent = sent_of(world, step.value, life)
    headers = {"If-Match": "*"} if step.value == "update" else {}
    url = stranger.url("sbw-no-such-record")
    unknown = send(world, sent, client="b1", headers=headers, url=url)
    answer = send(world, sent, client="b1", headers=headers)
    expected, got = (_said(one) for one in (unknown, answer))
    answer.verify(
        got == expected and answer.status in {404, 410},
        f"as for nobody: {expected}",
        under="CORE-013",
    )
    world.show(life, under="CORE-013")


def _said(answer: Answer) -> tuple[int, str]:
    value = answer.exchange.json
    return answer.status, str(value.get("type")) if isinstance(value, dict) else "no document"


@move("CORE-016", needs=["create", "b1", "external_id"], cards=each())
def name_of_another_business(world: World, step: Step) -> None:
    """Use a name that a record of another business has."""
    life, stranger = world.alive(step.target), world.seen_by(OtherTenant)
    names = bodies.external_ids(life.content)
    answer = stranger.post({**stranger.fit(stranger.fit.minimal), "external_ids": names})
    answer.must_have_status(201, under="CORE-016")
    got = answer.value["id"]
    answer.verify(got != life.id, "a record of its own", "the same id", under="CORE-016")
    if "upsert" in world.records.operations:
        found = stranger.find(life.mark)
        found.must_have_status(200, under="CORE-120")
        own = found.value["id"] == got
        found.verify(own, f"id {got}", f"id {found.value['id']}", under="CORE-016")
    world.show(life, under="CORE-016")


def _narrow(source: Source, kind: type[Records], names: Iterable[str]) -> Iterator[Card]:
    if kind.role in source.offers:
        yield from (("", [kind.role, name]) for name in operations(source, *names))


def _scopes(source: Source) -> Iterator[Card]:
    yield from _narrow(source, ReadOnlyToken, (*WRITES, "batch"))
    yield from _narrow(source, BusinessOnlyToken, ("list", "read"))


@move("CORE-017", "CORE-018", needs=["create"], cards=_scopes)
def ask_beyond_the_scope(world: World, step: Step) -> None:
    """Ask for what the token's scope does not cover, of a record that is there or is not."""
    role, operation = step.value
    records, run = world.records, world.records.trial.run
    if not run.narrows(role, records.resource):
        return
    life = world.alive(step.target)
    under = "BULK-009" if operation == "batch" else "CORE-017"
    with refused(world, operation, life, under) as sent:
        answer = send(world, sent, client=role)
        answer.must_be_problem(403, "insufficient-scope", under=under)
        challenge = answer.exchange.header("www-authenticate") or "none"
        kind = "read" if operation in {"list", "read"} else "write"
        scope = run.scope(records.resource, kind)
        named = scope in challenge.partition("scope=")[2]
        answer.verify(named, f'scope="{scope}"', challenge, under=under)
        if operation in {"read", "update", "delete"}:
            unknown = send(world, sent, client=role, url=records.url(NOBODY[0]))
            same, told = _said(unknown) == _said(answer), _said(answer)
            unknown.verify(same, f"as for a record that is there: {told}", under="CORE-018")
