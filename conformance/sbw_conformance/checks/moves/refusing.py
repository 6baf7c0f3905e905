"""Moves that send what is to be refused: one thing is wrong with it, and one reason is right."""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sbw_conformance.checks import bodies, pointers
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.model import Life, Step
from sbw_conformance.checks.moves import Card, Source, each, move
from sbw_conformance.checks.records import (
    BusinessOnlyToken,
    OtherTenant,
    ReadOnlyToken,
    Records,
)
from sbw_conformance.checks.trial import ANONYMOUS
from sbw_conformance.checks.world import Reply, World

NOBODY = ("sbw-no-such-record", "00000000-0000-4000-8000-00000000dead", "999999999999999999", "%20")
WRITES = ("create", "update", "upsert", "delete")
LARGE = 64 * 1024 * 1024


@dataclass(frozen=True)
class Sent:
    """A request that would be right, of a record of this program."""

    operation: str
    method: str
    url: str
    value: Any
    headers: dict[str, str]


def _sent(world: World, operation: str, life: Life) -> Sent:
    records, change = world.records, world.record(life).change(1)
    body = world.body(records.fit.minimal) if operation in {"create", "upsert", "batch"} else None
    one, tag = records.url(life.id), {"If-Match": f'"{life.version}"'}
    batch = {"operations": [{"operation": "create", "body": body}]}
    known = {
        "list": ("GET", records.url(), None, {}),
        "read": ("GET", one, None, {}),
        "create": ("POST", records.url(), body, {}),
        "update": ("PATCH", one, change, tag),
        "delete": ("DELETE", one, None, tag),
        "upsert": ("PATCH", f"{records.url()}/by-external-id", body, {}),
        "batch": ("POST", f"{records.url()}/batch", batch, {}),
    }
    return Sent(operation, *known[operation])


def _send(world: World, sent: Sent, *, client: str = "a1", **changed: Any) -> Answer:
    """Send a request, changed in one place, and learn of a record that it makes all the same."""
    trial, resource = world.records.trial, world.records.resource
    query = changed.pop("query", {})
    if sent.operation == "upsert":
        mark = bodies.external_ids(sent.value)[0]
        query = {"app": mark["app"], "id": mark["id"], **query}
    given = {"value": sent.value, "headers": sent.headers, **changed}
    if given.get("body") is not None:
        given["value"] = None
    url = given.pop("url", sent.url)
    return trial.send(
        sent.operation, sent.method, url, client=client, resource=resource, query=query, **given
    )


def _unharmed(world: World, sent: Sent, life: Life, under: str) -> None:
    if sent.operation in {"update", "delete"}:
        world.show(life, under=under)


def _operations(source: Source, *names: str) -> Iterable[str]:
    return [name for name in names if name in source.offers]


ALL = ("list", "read", "create", "update", "delete", "upsert", "batch")


# Who asks


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
    cards=lambda source: [("", name) for name in _operations(source, *ALL)],
)
def ask_as_nobody(world: World, step: Step) -> None:
    """Ask without a token."""
    life = world.alive(step.target)
    sent = _sent(world, step.value, life)
    answer = _send(world, sent, client=ANONYMOUS)
    answer.must_be_problem(401, "unauthorized", under="CORE-010")
    challenge = answer.exchange.header("www-authenticate") or "none"
    known = challenge.lower().startswith("bearer") or ", bearer" in challenge.lower()
    answer.verify(known, "WWW-Authenticate: Bearer", challenge, under="CORE-010")
    _unharmed(world, sent, life, "CORE-010")


def _cards_of_tokens(source: Source) -> Iterator[Card]:
    names = list(_operations(source, *ALL))
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
    sent = _sent(world, operation, life)
    headers = {**sent.headers, "Authorization": f"Bearer {wrong}"}
    answer = _send(world, sent, client=ANONYMOUS, headers=headers)
    answer.must_be_problem(401, "unauthorized", under="CORE-011")
    challenge = answer.exchange.header("www-authenticate") or "none"
    bare = challenge.replace(" ", "").replace('"', "").lower()
    told = "error=invalid_token" in bare
    answer.verify(told, 'error="invalid_token"', challenge, under="CORE-011")
    _unharmed(world, sent, life, "CORE-011")


@move(
    "CORE-012",
    needs=["create"],
    cards=lambda source: [
        ("", [name, parameter])
        for name in _operations(source, "list", "read", "create")
        for parameter in ("access_token", "token")
    ],
)
def ask_with_a_token_in_the_address(world: World, step: Step) -> None:
    """Ask with a good token where none may be."""
    operation, parameter = step.value
    sent = _sent(world, operation, world.alive(step.target))
    query = {parameter: world.records.trial.run.token("a1")}
    answer = _send(world, sent, client=ANONYMOUS, query=query)
    answer.verify(400 <= answer.status < 500, "a refusal", under="CORE-012")


@move(
    "CORE-013",
    needs=["create", "read", "b1"],
    cards=lambda source: [("", name) for name in _operations(source, "read", "update", "delete")],
)
def ask_of_another_business(world: World, step: Step) -> None:
    """Ask for a record that another business has."""
    life, stranger = world.alive(step.target), world.seen_by(OtherTenant)
    sent = _sent(world, step.value, life)
    headers = {"If-Match": "*"} if step.value == "update" else {}
    url = stranger.url("sbw-no-such-record")
    unknown = _send(world, sent, client="b1", headers=headers, url=url)
    answer = _send(world, sent, client="b1", headers=headers)
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
        yield from (("", [kind.role, name]) for name in _operations(source, *names))


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
    sent = _sent(world, operation, life)
    under = "BULK-009" if operation == "batch" else "CORE-017"
    answer = _send(world, sent, client=role)
    answer.must_be_problem(403, "insufficient-scope", under=under)
    challenge = answer.exchange.header("www-authenticate") or "none"
    kind = "read" if operation in {"list", "read"} else "write"
    scope = run.scope(records.resource, kind)
    named = scope in challenge.partition("scope=")[2]
    answer.verify(named, f'scope="{scope}"', challenge, under=under)
    if operation in {"read", "update", "delete"}:
        unknown = _send(world, sent, client=role, url=records.url(NOBODY[0]))
        same = _said(unknown) == _said(answer)
        unknown.verify(same, f"as for a record that is there: {_said(answer)}", under="CORE-018")
    _unharmed(world, sent, life, under)


# What is asked


@move(
    "CORE-054",
    needs=["create", "read"],
    cards=lambda source: [
        ("", [name, who])
        for name in _operations(source, "read", "update", "delete")
        for who in NOBODY
    ],
)
def ask_for_nobody(world: World, step: Step) -> None:
    """Ask for an id that was never given out."""
    operation, who = step.value
    sent = _sent(world, operation, world.alive(step.target))
    answer = _send(world, sent, url=f"{world.records.url()}/{who}")
    answer.must_have_status(404, under="CORE-054")


@move(
    "CORE-072",
    needs=["create", "delete"],
    cards=lambda source: [("", name) for name in _operations(source, "read", "update", "delete")],
)
def ask_for_what_is_gone(world: World, step: Step) -> None:
    """Ask for a record that was deleted."""
    life = world.create(world.records.fit.minimal)
    sent = _sent(world, step.value, life)
    world.delete(life)
    _send(world, sent).must_be_gone(under="CORE-072")


@move(
    "CORE-101",
    needs=["create", "read"],
    cards=each("PUT one", "POST one", "PUT all", "DELETE all", "PATCH all"),
)
def ask_with_an_undefined_method(world: World, step: Step) -> None:
    """Use a method that an address does not have."""
    method, what = step.value.split()
    life = world.alive(step.target)
    url = world.records.url(life.id if what == "one" else None)
    answer = world.records.trial.send(
        "undefined", method, url, resource=world.records.resource, value={}
    )
    answer.must_have_status(405, under="CORE-101")
    told = {name.strip().upper() for name in (answer.exchange.header("allow") or "").split(",")}
    right = "GET" in told and method not in told
    answer.verify(right, f"Allow with GET, without {method}", f"Allow: {told}", under="CORE-101")
    world.show(life, under="CORE-101")


MALFORMED: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda good: good[:-1],
    "a comma too many": lambda good: good[:-1] + b",}",
    "a member twice": lambda good: b'{"sbw":1,"sbw":1,' + good[1:],
    "a member of a member twice": lambda good: good[:-1] + b',"sbw":{"a":1,"a":2}}',
    "NaN": lambda good: good[:-1] + b',"sbw":NaN}',
    "Infinity": lambda good: good[:-1] + b',"sbw":-Infinity}',
    "twice": lambda good: good + good,
    "no UTF-8": lambda good: good[:-1] + b',"sbw":"\xff"}',
    "half a surrogate": lambda good: good[:-1] + b',"sbw":"\\ud800"}',
    "nothing": lambda _: b"",
    "blank": lambda _: b"  ",
    "single quotes": lambda good: good.replace(b'"', b"'"),
    "a comment": lambda good: b"/* */" + good,
}
OTHER_KINDS = (
    "text/plain",
    "application/xml",
    "application/x-www-form-urlencoded",
    "application/json; charset=iso-8859-1",
    "application/json; charset=utf-16",
    "multipart/form-data; boundary=x",
)
NO_OBJECTS = ("[]", '"text"', "null", "7", "true")
BODIES = ("create", "update", "upsert", "batch")


def _each_with(values: Iterable[str], *names: str) -> Callable[[Source], Iterator[Card]]:
    """Cards for each value, with the operations in turn, twice over."""
    known = list(values)

    def cards(source: Source) -> Iterator[Card]:
        offered = list(_operations(source, *names))
        for start in range(min(2, len(offered))):
            for number, value in enumerate(known, start):
                yield "", [offered[number % len(offered)], value]

    return cards


@move("CORE-051", needs=["create"], cards=_each_with(MALFORMED, *BODIES))
def send_what_is_no_json(world: World, step: Step) -> None:
    """Send a body that is no I-JSON."""
    operation, kind = step.value
    life = world.alive(step.target)
    sent = _sent(world, operation, life)
    body = MALFORMED[kind](json.dumps(sent.value).encode())
    answer = _send(world, sent, body=body)
    answer.must_be_problem(400, "malformed", under="CORE-051")
    _unharmed(world, sent, life, "CORE-051")


@move("CORE-106", needs=["create"], cards=_each_with(OTHER_KINDS, *BODIES))
def send_another_media_type(world: World, step: Step) -> None:
    """Send a body that says it is something else."""
    operation, kind = step.value
    life = world.alive(step.target)
    sent = _sent(world, operation, life)
    answer = _send(world, sent, headers={**sent.headers, "Content-Type": kind})
    answer.verify(answer.status == 415, f"status 415 for {kind}", under="CORE-106")
    _unharmed(world, sent, life, "CORE-106")


@move("CORE-052", needs=["create"], cards=_each_with(NO_OBJECTS, *BODIES))
def send_no_object(world: World, step: Step) -> None:
    """Send JSON that is no object."""
    operation, text = step.value
    life = world.alive(step.target)
    sent = _sent(world, operation, life)
    answer = _send(world, sent, body=text.encode())
    under = "BULK-008" if operation == "batch" else "CORE-052"
    answer.must_be_problem(422, "validation", {""}, under=under)
    _unharmed(world, sent, life, under)


@move("CORE-105", "CORE-104", needs=["create"], cards=each("most", "more"))
def send_a_large_body(world: World, step: Step) -> None:
    """Send a body as large as is taken, and one byte more."""
    limits = (world.records.trial.run.landing or {}).get("limits") or {}
    declared = limits.get("body_bytes")
    body = world.body(world.records.fit.minimal)
    size = max(65_536, declared if isinstance(declared, int) else 0)
    if step.value == "more":
        if not isinstance(declared, int) or size > LARGE:
            return
        answer = world.records.post(body=json.dumps(body).encode().ljust(declared + 1))
        answer.must_have_status(413, under="CORE-105")
        return
    padded = json.dumps(body).encode().ljust(min(size, LARGE))
    reply = Reply.alone(world.records.post(body, body=padded))
    reply.verify(reply.status == 201, "status 201 for a large body", under="CORE-104")
    world.begun(reply, body, "CORE-070")


@move("CORE-107", "CORE-108", needs=["create"], cards=each("utf-8", "UPPER", "gzip"))
def send_json_by_another_name(world: World, step: Step) -> None:
    """Send JSON in each way in which it may come."""
    kinds = {
        "utf-8": "application/json; charset=utf-8",
        "UPPER": 'Application/JSON;charset="UTF-8"',
    }
    body = world.body(world.records.richest())
    if step.value == "gzip":
        packed, coding = gzip.compress(json.dumps(body).encode()), {"Content-Encoding": "gzip"}
        answer = world.records.post(body, body=packed, headers=coding)
        if answer.status == 415:
            return
        under = "CORE-108"
    else:
        answer = world.records.post(body, headers={"Content-Type": kinds[step.value]})
        under = "CORE-107"
    reply = Reply.alone(answer)
    reply.verify(reply.status == 201, f"status 201 for {step.value}", under=under)
    world.begun(reply, body, "CORE-070")


# On what condition


@move(
    "CORE-041", "CORE-042", needs=["create", "update"], cards=each("", "old", "x{}", "{}x", "other")
)
def update_on_no_good_condition(world: World, step: Step) -> None:
    """Change a record without a version, or with one that it has not."""
    life = world.alive(step.target)
    if step.value == "old":
        world.update(life, world.record(life).change(1))
        if len(set(life.versions)) == 1:
            return
    named = {"": None, "old": life.versions[0], "other": "sbw-no-such-version"}
    tag = named.get(step.value, step.value.format(life.version))
    answer = world.records.patch(life.id, world.record(life).change(1), if_match=tag)
    if tag is None:
        answer.must_be_problem(428, "precondition-required", under="CORE-042")
    else:
        answer.must_be_problem(412, "version-conflict", under="CORE-041")
    world.show(life, under="CORE-041" if tag else "CORE-042")


@move("CORE-049", needs=["create", "update", "delete"], cards=each("old", "other"))
def delete_on_no_good_condition(world: World, step: Step) -> None:
    """Remove a record by a version that it has not."""
    life = world.alive(step.target)
    world.update(life, world.record(life).change(1))
    if len(set(life.versions)) == 1:
        return
    tag = life.versions[0] if step.value == "old" else "sbw-no-such-version"
    answer = world.records.delete(life.id, if_match=tag)
    answer.must_be_problem(412, "version-conflict", under="CORE-049")
    world.show(life, under="CORE-049")


@move(
    "CORE-123",
    "CORE-124",
    needs=["create", "upsert", "external_id"],
    cards=each("only new", "only old", "old version"),
)
def upsert_on_no_good_condition(world: World, step: Step) -> None:
    """Create what is there, or update what is not."""
    records, life = world.records, world.alive(step.target)
    change, under = world.record(life).change(1), "CORE-124"
    if step.value == "only new":
        under = "CORE-123"
        answer = records.upsert(life.mark, change, headers={"If-None-Match": "*"})
    elif step.value == "only old":
        body = records.fit(records.fit.minimal)
        answer = records.upsert(records.external_id(), body, headers={"If-Match": "*"})
    else:
        answer = records.upsert(life.mark, change, headers={"If-Match": '"sbw-no-such"'})
    answer.must_be_problem(412, "version-conflict", under=under)
    world.show(life, under=under)


# Names that others have


@move(
    "CORE-061",
    "CORE-062",
    needs=["create", "update", "external_id"],
    cards=lambda source: [("", name) for name in _operations(source, "create", "update", "batch")],
)
def take_a_name(world: World, step: Step) -> None:
    """Use an external id that another record has."""
    records, owner = world.records, world.alive(step.target)
    mark = bodies.external_ids(owner.content)[-1]
    life = world.create(records.fit.minimal)
    if step.value == "update":
        taken = {"external_ids": [*bodies.external_ids(life.content), mark]}
        reply = Reply.alone(records.patch(life.id, taken, if_match=life.version))
    else:
        body = world.body(records.fit.minimal)
        body["external_ids"].append(mark)
        way = "batch" if step.value == "batch" else ""
        reply = world.carry({"operation": "create", "body": body}, way)
    under = "CORE-062" if step.value == "update" else "CORE-061"
    reply.must_be_problem(409, "duplicate-external-id", under=under)
    got = pointers.at(reply.value, "/record/id")
    if step.value == "create":
        reply.verify(got == owner.id, f"record {owner.id}", f"record {got}", under=under)
    world.show(life, under=under)
    world.show(owner, under=under)
