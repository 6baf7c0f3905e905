"""Moves that read one record, in every way in which it can be asked for."""

from collections.abc import Callable, Mapping

from sbw_conformance.checks import bodies
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.model import Life, Step
from sbw_conformance.checks.moves import each, move
from sbw_conformance.checks.records import OtherApp
from sbw_conformance.checks.world import UPSERT, World

Ask = Callable[[World, Life], Answer]

ACCEPTED = ("application/json", "application/*", "*/*", "text/html;q=0.9, application/json;q=0.1")
TAGS = ('"{}"', 'W/"{}"', '"{}-gzip"', '"sbw-other", "{}"', '"sbw-other","{}-gzip", "x"')
"""How the current version can be named in If-None-Match."""

OTHER_TAGS = ('"sbw-no-such-version"', '"{}x"', '"x{}"')
CODINGS = ("gzip", "identity", "gzip;q=0", "br, gzip;q=0.5")


@move("CORE-071", "CORE-043", needs=["create", "read"], cards=each())
def read(world: World, step: Step) -> None:
    """Read a record by its id."""
    world.show(world.alive(step.target))


@move("CORE-015", needs=["create", "read", "a2"], cards=each())
def read_by_another_app(world: World, step: Step) -> None:
    """Read a record as another app of the business does."""
    life = world.alive(step.target)
    answer = world.seen_by(OtherApp).get(life.id)
    answer.must_have_status(200, under="CORE-015").must_show(life.record, under="CORE-015")


@move("CORE-120", needs=["create", "read", "upsert", "external_id"], cards=each())
def find(world: World, step: Step) -> None:
    """Read a record by its external id, in whatever state it is."""
    life = world.lives[step.target % len(world.lives)] if world.lives else world.alive(0)
    answer = world.records.find(life.mark)
    if life.deleted:
        answer.must_be_gone(under="CORE-120")
    else:
        answer.must_have_status(200, under="CORE-120").must_show(life.record, under="CORE-120")


@move("CORE-120", needs=["create", "read", "upsert", "external_id"], cards=each("", "1", "ü/1"))
def find_by_account(world: World, step: Step) -> None:
    """Read by an external id that is another one under another account."""
    app, one = f"{world.app}-accounts", {"id": f"{len(world.lives)}"}
    lives = []
    for account in ("", "1", "ü/1"):
        entry = {"app": app, **one, **({"account": account} if account else {})}
        body = world.body(world.records.fit.minimal)
        body["external_ids"].append(entry)
        reply = world.carry({"operation": "create", "body": body})
        reply.verify(reply.status == 201, "status 201", under="CORE-070")
        lives.append((account, entry, world.begun(reply, body, "CORE-070")))
    for account, entry, life in lives:
        if account == step.value:
            answer = world.records.find(entry).must_have_status(200, under="CORE-120")
            answer.must_show(life.record, under="CORE-120")
    nobody = {"app": app, **one, "account": "nobody"}
    world.records.find(nobody).must_be_gone(under="CORE-120")


USELESS: dict[str, dict[str, str | None]] = {
    "no app": {"app": None},
    "no id": {"id": None},
    "neither": {"app": None, "id": None},
    "an empty app": {"app": ""},
    "an empty id": {"id": ""},
    "an empty account": {"account": ""},
    "a long id": {"id": "x" * 251},
    "a long account": {"account": "x" * 251},
}
"""What is no external id, by what is changed in one."""


@move(
    "CORE-056",
    needs=["create", "read", "upsert", "external_id"],
    cards=lambda _: [(way, name) for name in USELESS for way in ("", UPSERT)],
)
def ask_for_what_is_no_name(world: World, step: Step) -> None:
    """Read or write by what no external id can be."""
    records, life = world.records, world.alive(step.target)
    changed = {**life.mark, **USELESS[step.value]}
    query = {name: value for name, value in changed.items() if value is not None}
    url, kind = f"{records.url()}/by-external-id", records.resource
    if step.way == UPSERT:
        value = world.record(life).change(1)
        answer = records.trial.send("upsert", "PATCH", url, resource=kind, query=query, value=value)
    else:
        answer = records.trial.send("read", "GET", url, resource=kind, query=query)
    answer.must_be_problem(400, "invalid-parameter", under="CORE-056")
    world.show(life, under="CORE-056")


@move("CORE-100", needs=["create", "read"], cards=each("record", "list", "nobody"))
def head(world: World, step: Step) -> None:
    """Ask for headers alone, which are those of reading."""
    records, life = world.records, world.alive(step.target)
    url = records.url({"record": life.id, "nobody": "sbw-no-such-record"}.get(step.value))
    operation = "list" if step.value == "list" else "read"
    if operation not in records.operations:
        return
    kind, query = records.resource, bodies.required_parameters(records.resource)
    asked = query if operation == "list" else {}
    send = records.trial.send
    wanted, answer = (
        send(operation, method, url, resource=kind, query=asked) for method in ("GET", "HEAD")
    )
    answer.must_have_status(wanted.status, under="CORE-100")
    size = len(answer.exchange.body)
    answer.verify(not size, "no body", f"{size} bytes", under="CORE-100")
    for header in ("etag", "content-type") if step.value == "record" else ():
        one, other = wanted.exchange.header(header), answer.exchange.header(header)
        answer.verify(one == other, f"{header}: {one}", f"{header}: {other}", under="CORE-100")


@move("CORE-092", "CORE-094", needs=["create", "read"], cards=each(*TAGS))
def read_what_is_known(world: World, step: Step) -> None:
    """Ask for a record of which the current version is there already."""
    life = world.alive(step.target)
    tag = step.value.format(*([life.version] * step.value.count("{}")))
    under = "CORE-092" if step.value == TAGS[0] else "CORE-094"
    answer = world.records.get(life.id, headers={"If-None-Match": tag})
    answer.verify(answer.status == 304, f"status 304 for If-None-Match: {tag}", under=under)
    size = len(answer.exchange.body)
    answer.verify(not size, "no body", f"{size} bytes", under="CORE-092")
    got = (answer.exchange.header("etag") or "none").removeprefix("W/")
    wanted = f'"{life.version}"'
    answer.verify(got == wanted, f"ETag: {wanted}", f"ETag: {got}", under="CORE-092")


@move("CORE-093", needs=["create", "read"], cards=each(*OTHER_TAGS, "old"))
def read_what_is_newer(world: World, step: Step) -> None:
    """Ask for a record of which another version is known."""
    life = world.alive(step.target)
    if step.value == "old" and len(life.versions) == 1 and "update" in world.records.operations:
        world.update(life, world.record(life).change(1))
    tag = f'"{life.versions[0]}"' if step.value == "old" else step.value.format(life.version)
    if tag == f'"{life.version}"':
        return
    answer = world.records.get(life.id, headers={"If-None-Match": tag})
    answer.verify(answer.status == 200, f"status 200 for If-None-Match: {tag}", under="CORE-093")
    answer.must_show(life.record, under="CORE-093")


def _asked(headers: Mapping[str, str]) -> Ask:
    return lambda world, life: world.records.get(life.id, headers=headers)


@move("CORE-102", needs=["create", "read"], cards=each(*ACCEPTED, ""))
def read_in_json(world: World, step: Step) -> None:
    """Ask for JSON in each way in which that can be said."""
    life = world.alive(step.target)
    answer = _asked({"Accept": step.value})(world, life)
    answer.verify(answer.status == 200, f"status 200 for Accept: {step.value}", under="CORE-102")
    answer.must_show(life.record, under="CORE-102")
    kind = answer.exchange.media_type
    answer.verify(kind == "application/json", "application/json", kind, under="CORE-102")


@move("CORE-103", needs=["create", "read"], cards=each("text/html", "application/xml, image/*"))
def read_in_another_format(world: World, step: Step) -> None:
    """Ask for what is no JSON."""
    answer = _asked({"Accept": step.value})(world, world.alive(step.target))
    answer.verify(answer.status == 406, f"status 406 for Accept: {step.value}", under="CORE-103")


@move("CORE-109", needs=["create", "read"], cards=each(*CODINGS, ""))
def read_in_a_coding(world: World, step: Step) -> None:
    """Ask for a coding, or for none."""
    life = world.create(world.records.richest())
    answer = _asked({"Accept-Encoding": step.value})(world, life)
    answer.must_have_status(200, under="CORE-109").must_show(life.record, under="CORE-109")
    said = (answer.exchange.header("content-encoding") or "identity").strip().lower()
    known = {"gzip", "identity"} if step.value in {"gzip", "br, gzip;q=0.5"} else {"identity"}
    answer.verify(said in known, f"Content-Encoding {' or '.join(known)}", said, under="CORE-109")
