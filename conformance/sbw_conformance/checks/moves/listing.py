"""Moves that list records: page by page, and by each filter."""

from datetime import timedelta
from urllib.parse import urlsplit

from sbw_conformance.checks import bodies, pointers
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.core.collections import DEFAULT_LIMIT, LARGEST_LIMIT
from sbw_conformance.checks.model import Life, Step
from sbw_conformance.checks.moves import Source, each, move
from sbw_conformance.checks.records import OtherTenant, ids
from sbw_conformance.checks.world import World

WRONG = (
    ("limit", "0"),
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
    seen, shown = set[str](), ids(first.exchange.items or [])
    touched = next((life for life in made if life.id in shown), made[0])
    if step.value == "delete":
        world.delete(touched)
    elif step.value == "update":
        world.update(touched, world.record(touched).change(1))
    else:
        touched = world.create(records.fit.minimal)
    answer, got = first, list(shown)
    while (following := records.following(answer, seen)) is not None:
        answer = following
        got += ids(answer.exchange.items or [])
    for life in world.lives:
        if not life.deleted and life is not touched:
            count = got.count(life.id)
            answer.verify(count == 1, "each record once", f"{count} times", under="CORE-075")
    count = got.count(touched.id)
    answer.verify(count <= 1, "each record once", f"{count} times", under="CORE-075")


def _selected(world: World, under: str, wanted: set[str], **query: str) -> None:
    """See that a filter selects these of the program's records, and none of its others."""
    items = world.records.eventually(lambda items: wanted <= set(ids(items)), **query)
    answer = Answer(world.records.trial, world.records.trial.exchanges[-1], world.records.resource)
    got = set(ids(items))
    said = ", ".join(f"{name}={value}" for name, value in query.items())
    missing, ours = wanted - got, {life.id for life in world.lives if not life.deleted}
    answer.verify(not missing, f"{len(wanted)} records for {said}", f"no {missing}", under=under)
    odd = (got & ours) - wanted
    answer.verify(not odd, f"{len(wanted)} records for {said}", f"{odd} too", under=under)


@move(
    "CORE-065", needs=["create", "list", "updated_since", "external_id"], cards=each("at", "after")
)
def list_what_changed(world: World, step: Step) -> None:
    """Ask for what changed at the instant of a change or later, and just after it."""
    world.alive(0)
    life = world.create(world.records.fit.minimal)
    at = bodies.instant(life.record["meta"]["updated_at"])
    since = at if step.value == "at" else at + timedelta(milliseconds=1)
    wanted = {
        one.id
        for one in world.lives
        if not one.deleted and bodies.instant(one.record["meta"]["updated_at"]) >= since
    }
    text = since.isoformat(timespec="microseconds").replace("+00:00", "Z")
    _selected(world, "CORE-065", wanted, external_id=world.app or "", updated_since=text)


@move(
    "CORE-064", needs=["create", "list", "external_id"], cards=each("", "x", "/%2F", ":", "+ü", "A")
)
def list_by_name(world: World, step: Step) -> None:
    """Ask for one external id; those that are much like it are others."""
    app, found = f"{world.app}-n", []
    for text in (f"n{step.value}", f"n{step.value}1", f"N{step.value}"):
        body = world.body(world.records.fit.minimal)
        body["external_ids"].append({"app": app, "id": f"{text}.{len(world.lives)}"})
        reply = world.carry({"operation": "create", "body": body})
        reply.verify(reply.status == 201, "status 201", under="CORE-070")
        found.append((world.begun(reply, body, "CORE-070"), body["external_ids"][-1]["id"]))
    for life, text in found:
        _selected(world, "CORE-064", {life.id}, external_id=f"{app}:{text}")


@move("CORE-066", needs=["create", "list"], cards=each(1, 2, 3))
def list_by_ids(world: World, step: Step) -> None:
    """Ask for records by their ids."""
    declared = world.records.trial.run.said(world.records.resource).get("filters") or ()
    if "ids" not in declared:
        return
    made = [world.create(world.records.fit.minimal) for _ in range(3)][: step.value]
    _selected(world, "CORE-066", {life.id for life in made}, ids=",".join(one.id for one in made))


def _selectors(source: Source) -> list[tuple[str, str]]:
    return [("", name) for name in source.resource.selectors]


@move("CORE-067", needs=["create", "list"], cards=_selectors)
def list_by_member(world: World, step: Step) -> None:
    """Ask for records by what stands in a member; every element of an array counts."""
    records = world.records
    declared = records.trial.run.said(records.resource).get("filters") or ()
    pattern = records.resource.selectors[step.value]
    if step.value not in declared:
        return
    life, other = world.create(records.richest()), world.create(records.fit.minimal)
    for place in pointers.places(life.record, pattern):
        value = str(pointers.at(life.record, place))
        lives = (life, other)
        having = {one.id for one in lives if value in map(str, _values(one, pattern))}
        run = records.trial.run
        items = records.eventually(
            lambda items, having=having: having <= set(ids(items)),  # type: ignore[misc]
            **{step.value: value},
            updated_since=run.start,
        )
        answer = Answer(records.trial, records.trial.exchanges[-1], records.resource)
        got, said = set(ids(items)), f"{step.value}={value}"
        answer.verify(having <= got, f"the record with {said}", "not listed", under="CORE-067")
        odd = {one.id for one in lives} & got - having
        answer.verify(not odd, f"records with {said} only", f"{odd} too", under="CORE-067")


def _values(life: Life, pattern: str) -> list[object]:
    return [pointers.at(life.record, place) for place in pointers.places(life.record, pattern)]


@move("CORE-014", needs=["create", "list", "b1", "external_id"], cards=each("app", "all"))
def list_of_another_business(world: World, step: Step) -> None:
    """See that the other business lists none of these records."""
    life, stranger = world.alive(step.target), world.seen_by(OtherTenant)
    query = {"external_id": world.app} if step.value == "app" else {}
    page = stranger.page(**query, updated_since=world.records.trial.run.start)
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
