"""Moves that list records: page by page, and by each filter."""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from sbw_conformance.checks import bodies, pointers
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.core.collections import DEFAULT_LIMIT, LARGEST_LIMIT
from sbw_conformance.checks.model import Life, Step
from sbw_conformance.checks.moves import Card, Source, each, move
from sbw_conformance.checks.records import OtherTenant, ids
from sbw_conformance.checks.world import World

WRONG = (
    ("limit", "0"),
    ("limit", ""),
    ("cursor", ""),
    ("updated_since", ""),
    ("updated_since", "2026-03-01"),
    ("limit", "-1"),
    ("limit", "ten"),
    ("limit", "1.5"),
    ("cursor", "sbw-no-such-cursor"),
    ("updated_since", "yesterday"),
    ("updated_since", "2026-02-30T00:00:00Z"),
)
UNKNOWN = ("sbw_no_such_parameter", "Limit", "offset", "page", "sort_by")


@move("CORE-075", "CORE-064", needs=["create", "list", "external_id"], cards=each(1, 2, 3, 100))
def list_all(world: World, step: Step) -> None:
    """Walk over all records of the program, in pages of a size."""
    while len([life for life in world.lives if not life.deleted]) < 3:
        world.create(world.records.fit.minimal)
    world.list(limit=step.value)
    pages = [e for e in world.records.trial.exchanges if e.request.operation == "list"]
    answer = Answer(world.records.trial, pages[-1], world.records.resource)
    for page in pages:
        count, asked = len(page.items or ()), f"limit={step.value}"
        if asked in page.request.url:
            told = f"at most {step.value} items"
            answer.verify(count <= step.value, told, f"{count} items", under="CORE-074")
        following = page.json.get("next") if isinstance(page.json, dict) else None
        if following is not None:
            link = (page.header("link") or "no Link").replace(" ", "")
            place = str(following).replace(" ", "")
            linked = f"<{place}>" in link and 'rel="next"' in link.replace("'", '"')
            relative = f"?{urlsplit(place).query}>" in link and "next" in link
            answer.verify(linked or relative, f"Link: {place}", link, under="CORE-073")


@move(
    "CORE-075",
    needs=["create", "list", "batch", "external_id"],
    cards=each(*((size, what) for size in (1, 2, 3) for what in ("", "delete"))),
)
def list_what_came_at_once(world: World, step: Step) -> None:
    """Walk over records that were made in one batch, and take one away on the way."""
    records, (size, what) = world.records, step.value
    sent = [world.body(records.fit.minimal) for _ in range(5)]
    made = []
    for body, reply in zip(sent, world.batch([_create(b) for b in sent]), strict=True):
        reply.verify(reply.status == 201, "status 201", under="CORE-070")
        made.append(world.begun(reply, body, "CORE-070"))
    world.list(limit=size)
    if what and what in records.operations:
        answer = records.page(external_id=world.app, limit=size).must_succeed()
        got = ids(answer.exchange.items or [])
        passed = next((life for life in made if life.id in got), made[0])
        world.delete(passed)
        _goes_on(world, answer, passed)


def _create(body: dict[str, Any]) -> dict[str, Any]:
    return {"operation": "create", "body": body}


def _goes_on(world: World, answer: Answer, touched: Life) -> None:
    """Walk on from a page: what was there all the time is shown once."""
    seen, got = set[str](), ids(answer.exchange.items or [])
    while (following := world.records.following(answer, seen)) is not None:
        answer = following
        got += ids(answer.exchange.items or [])
    for life in world.lives:
        count, once = got.count(life.id), not life.deleted and life is not touched
        right = count == 1 if once else count <= 1
        answer.verify(right, "each record once", f"{count} times", under="CORE-075")


@move(
    "CORE-074", "CORE-075", needs=["create", "list", "batch", "external_id"], cards=each(None, 100)
)
def list_many(world: World, step: Step) -> None:
    """Walk over more records than a page has, as large as it may be or as it is by itself."""
    records, app = world.records, f"{world.app}-many"
    # They are none of the program's own: to read each of them at its end would tell no more.
    drafts = [records.body(records.fit.minimal, app) for _ in range(LARGEST_LIMIT + 1)]
    wanted = {record.id for record in records.many(drafts)}
    most = step.value or DEFAULT_LIMIT
    items = records.eventually(
        lambda items: wanted <= set(ids(items)), external_id=app, limit=step.value
    )
    got = ids(items)
    answer = Answer(records.trial, records.trial.exchanges[-1], records.resource)
    once = sorted(got) == sorted(wanted)
    answer.verify(once, f"{len(wanted)} records, each once", f"{len(got)}", under="CORE-075")
    for page in records.trial.exchanges:
        if page.request.operation == "list" and app in page.request.url:
            count = len(page.items or ())
            answer.verify(count <= most, f"at most {most}", f"{count} items", under="CORE-074")


@move(
    "CORE-075",
    needs=["create", "update", "delete", "list", "external_id"],
    cards=each("delete", "update", "create"),
)
def walk_under_writes(world: World, step: Step) -> None:
    """Change something between two pages: what was there all the time is shown once."""
    records, settle = world.records, world.records.trial.run.settle
    made = [world.create(records.fit.minimal) for _ in range(5)]
    if settle:
        world.list()
    first = records.page(external_id=world.app, limit=2).must_succeed()
    shown = ids(first.exchange.items or [])
    touched = next((life for life in made if life.id in shown), made[0])
    if step.value == "delete":
        world.delete(touched)
    elif step.value == "update":
        world.update(touched, world.record(touched).change(1))
    else:
        touched = world.create(records.fit.minimal)
    _goes_on(world, first, touched)


def _ways_to_ask(source: Source) -> list[Card]:
    return [("", name) for name in ("app", "name", "all", "ids", *source.resource.selectors)]


@move("CORE-014", needs=["create", "list", "b1", "external_id"], cards=_ways_to_ask)
def list_of_another_business(world: World, step: Step) -> None:
    """See that the other business lists none of these records, whatever it asks for."""
    life, stranger = world.alive(step.target), world.seen_by(OtherTenant)
    query = {"updated_since": f"{world.records.trial.run.start}"}
    if step.value == "app":
        query = {"external_id": f"{world.app}"}
    elif step.value == "name":
        query = {"external_id": f"{world.app}:{bodies.external_ids(life.content)[-1]['id']}"}
    elif step.value != "all":
        declared = world.records.trial.run.said(world.records.resource).get("filters") or ()
        if step.value not in declared:
            return
        life = world.create(world.records.richest())
        pattern = world.records.resource.selectors.get(step.value, "/id")
        places = pointers.places(life.record, pattern)
        if not places:
            return
        query |= {step.value: f"{pointers.at(life.record, places[0])}"}
    page = stranger.page(**query)
    page.must_have_status(200, under="CORE-073")
    got = ids([item for item in page.exchange.items or () if isinstance(item, dict)])
    page.verify(life.id not in got, "own records only", "a foreign one", under="CORE-014")


@move("CORE-056", needs=["list", "limit", "updated_since"], cards=each(*WRONG))
def list_with_nonsense(world: World, step: Step) -> None:
    """Ask with a parameter that makes no sense."""
    name, value = step.value
    answer = world.records.page(**{name: value})
    answer.must_be_problem(400, "invalid-parameter", under="CORE-056")


@move("CORE-053", needs=["list"], cards=each(*UNKNOWN))
def list_with_the_unknown(world: World, step: Step) -> None:
    """Ask with a parameter that there is not."""
    answer = world.records.page(**{step.value: "1"})
    answer.must_be_problem(400, "unknown-parameter", under="CORE-053")


@move("CORE-056", needs=["create", "list", "external_id"], cards=each("limit", "external_id"))
def list_with_a_parameter_twice(world: World, step: Step) -> None:
    """Ask with a parameter that comes twice, though each value alone would do."""
    values = {"limit": ("1", "2"), "external_id": (f"{world.app}", f"{world.app}.x")}
    twice = urlencode([(step.value, value) for value in values[step.value]])
    answer = world.records.page(f"{world.records.url()}?{twice}")
    answer.must_be_problem(400, "invalid-parameter", under="CORE-056")


@move(
    "CORE-056",
    needs=["create", "list", "external_id", "b1"],
    cards=each("another filter", "another business"),
)
def walk_on_elsewhere(world: World, step: Step) -> None:
    """Use a cursor where it was not made: for another filter, or in another business."""
    records = world.records
    for _ in range(2):
        world.create(records.fit.minimal)
    page = records.page(external_id=world.app, limit=1).must_succeed()
    url = str(page.value.get("next") or "")
    asked = {name: values[-1] for name, values in parse_qs(urlsplit(url).query).items()}
    if "cursor" not in asked:
        return
    asked |= {"external_id": f"{world.app}{'.x' if step.value == 'another filter' else ''}"}
    client = records if step.value == "another filter" else world.seen_by(OtherTenant)
    answer = client.page(f"{records.url()}?{urlencode(asked)}")
    answer.must_be_problem(400, "invalid-parameter", under="CORE-056")
