"""Creating, reading, updating, deleting and listing."""

from urllib.parse import urljoin

from sbw_conformance.checks import bodies, check, observer
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.observing import MOST_ITEMS, Found, View
from sbw_conformance.checks.records import Record, Records, ids, named
from sbw_conformance.exchanges import MISSING, Exchange
from sbw_conformance.target import origin_of

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 100


@check("CORE-070", needs=["create"])
def create_answers_with_the_record(records: Records) -> None:
    """A create is answered with 201, the address of the record, and all of it."""
    body = records.body()
    answer = records.post(body)
    answer.must_have_status(201)
    location = answer.exchange.header("location")
    value = answer.value
    wanted = records.url(value["id"])
    got = urljoin(answer.exchange.request.url, location or "")
    answer.verify(
        location is not None and got == wanted, f"Location: {wanted}", f"Location: {location}"
    )
    answer.verify(
        value.get("type") == records.resource.type,
        f"type {records.resource.type}",
        f"type {value.get('type')}",
        pointer="/type",
    )
    if "read" in records.operations:
        _is_full(answer, records.get(value["id"]))


def _is_full(answer: Answer, read: Answer) -> None:
    """Assert that a write's answer has every member that reading shows."""
    missing = sorted(read.value.keys() - answer.value.keys())
    answer.verify(not missing, "the full record", f"no {', '.join(missing)}")


@check("CORE-071", needs=["read"])
def reading_shows_the_last_write(records: Records) -> None:
    """From the answer of a write on, reading shows just what that answer showed."""
    record = records.create()
    _is_read(records, record)
    if "update" in records.operations:
        for number in (1, 2):
            record = records.update(record, record.change(number))
            _is_read(records, record)
    if "create" in records.operations:
        rich = records.richest()
        _is_read(records, records.create(rich))


def _is_read(records: Records, record: Record) -> None:
    answer = records.get(record)
    answer.must_have_status(200)
    answer.must_show(record.value)


@check("CORE-072", needs=["create", "delete"])
def deleted_record_is_gone(records: Records) -> None:
    """A deleted record is read, changed and listed no more."""
    record, other = records.create(), records.create()
    answer = records.delete(record)
    answer.must_have_status(204)
    if "read" in records.operations:
        records.get(record).must_be_gone()
        records.read(other).must_show(other.value)
    if "update" in records.operations:
        records.patch(record, record.change(1), if_match="*").must_be_gone()
    records.delete(record).must_be_gone()
    if "list" in records.operations:
        queries = [{}, *({"external_id": named(e)} for e in bodies.external_ids(record.value))]
        for query in queries:
            items = records.eventually(lambda items: record.id not in ids(items), **query)
            answer.verify(record.id not in ids(items), "no list that holds it", "it is listed")


@observer("CORE-073", needs=["list"])
def pages_are_valid(exchange: Exchange, view: View) -> list[Found] | None:
    """A list is a page, and says where the next one is in body and header alike."""
    if exchange.request.operation != "list" or not 200 <= exchange.status < 300:
        return None
    if exchange.json is MISSING:  # said by the observer of I-JSON
        return None
    if exchange.status != 200:
        return [Found("CORE-073", "", "status 200", exchange.got)]
    page = exchange.json
    if exchange.items is not None:
        page = {**page, "items": exchange.items[:MOST_ITEMS]}
    findings = view.schemas.validator("page", "full").findings(page)
    if findings:
        return [Found("CORE-073", f.pointer, f.expected, f.got) for f in findings]
    following, link = exchange.json.get("next"), _next_link(exchange)
    if following != link:
        wanted = f'Link: <{following}>; rel="next"' if following else 'no Link with rel="next"'
        return [Found("CORE-073", "/next", wanted, f"Link: {exchange.header('link')}")]
    return []


def _next_link(exchange: Exchange) -> str | None:
    """The target of the link with relation next (RFC 8288), made absolute."""
    for part in (exchange.header("link") or "").split(",<"):
        target, _, parameters = part.strip().lstrip("<").partition(">")
        given = {p.strip().replace('"', "").lower() for p in parameters.split(";")}
        if any(p.startswith("rel=") and "next" in p[4:].split() for p in given):
            return urljoin(exchange.request.url, target)
    return None


@observer("CORE-077", needs=["list"])
def next_stays_at_the_provider(exchange: Exchange, view: View) -> list[Found] | None:
    """No page sends a client, and its token, to another origin."""
    following = exchange.json.get("next") if exchange.items is not None else None
    if not isinstance(following, str):
        return None
    scheme, host, port = view.target.origin
    try:
        away = origin_of(following) != view.target.origin
    except ValueError:
        away = True
    wanted = f"next at {scheme}://{host}:{port}"
    return [Found("CORE-077", "/next", wanted, following)] if away else []


@check("CORE-074", needs=["list", "limit"])
def limit_bounds_pages(records: Records) -> None:
    """A page has at most as many items as asked for, and 50 where nothing is asked for."""
    if "create" in records.operations:
        for _ in range(3):
            records.create()
        records.settle()
    for limit in (1, 2, LARGEST_LIMIT):
        answer = records.page(limit=limit)
        answer.verify(answer.status == 200, f"status 200 for limit={limit}")
        _is_at_most(answer, limit)
    _is_at_most(records.page(), DEFAULT_LIMIT)


def _is_at_most(answer: Answer, limit: int) -> None:
    items = answer.must_succeed().exchange.items or []
    got = f"{len(items)} items"
    answer.verify(len(items) <= limit, f"at most {limit} items", got, under="CORE-074")


def _series(
    records: Records, count: int, *, others: bool = False
) -> tuple[list[Record], dict[str, str]]:
    """Records of this check alone, with the filter that selects them and nothing else.

    With `others`, records that the filter does not select stand before, among and after them.
    """
    app, drafts, ours = records.own_app(), [], []
    for number in range(count):
        if others and records.marks and number % 3 == 0:
            drafts.append(records.body())
        body = records.body()
        if records.marks:
            body["external_ids"].append({"app": app, "id": str(number)})
        ours.append(len(drafts))
        drafts.append(body)
    if others and records.marks:
        drafts.append(records.body())
    everything = records.many(drafts)
    made = [everything[number] for number in ours]
    if records.marks:
        filters = {"external_id": app}
    else:
        filters = {"updated_since": made[0].value["meta"]["updated_at"]}
    records.settle()
    return made, filters


@check("CORE-074", "CORE-075", "CORE-146", needs=["create", "list"])
def long_list_is_cut_into_pages(records: Records) -> None:
    """More than 50 records: no page has more, and a walk at the default finds each once."""
    made, filters = _series(records, DEFAULT_LIMIT + 3)
    pages = records.pages(**filters)
    for page in pages:
        _is_at_most(page, DEFAULT_LIMIT)
    seen = [one for page in pages for one in ids(page.exchange.items or [])]
    _each_once(records, [record.id for record in made], seen)
    last, asked = records.trial.exchanges[-1], len(pages)
    records.trial.verify(asked > 1, "an end", f"{asked} pages", last, under="CORE-146")


@check("CORE-075", "CORE-064", "CORE-074", needs=["create", "list"])
def walk_shows_each_record_once(records: Records) -> None:
    """Page by page each record appears once, for lengths of page that divide them and others."""
    made, filters = _series(records, 6, others=True)
    wanted = [record.id for record in made]
    for limit in (1, 2, 3, 4, 6):
        pages = records.pages(limit=limit, **filters)
        for page in pages:
            _is_at_most(page, limit)
        seen = [one for page in pages for one in ids(page.exchange.items or [])]
        _each_once(records, wanted, seen)
        if records.marks:
            others, last = set(seen) - set(wanted), records.trial.exchanges[-1]
            records.trial.verify(
                not others,
                "only records that match on every page",
                f"{len(others)} others",
                last,
                under="CORE-064",
            )


@check("CORE-075", needs=["create", "list"])
def walk_survives_writes(records: Records) -> None:
    """Records that stay appear once while others come, change and go between the pages."""
    made, filters = _series(records, 8)
    page = records.page(limit=2, **filters).must_succeed()
    seen: list[str] = ids(page.exchange.items or [])
    removed: set[str] = set()
    turn, urls = 0, set[str]()
    while page.value.get("next"):
        _disturb(records, made, seen, removed, turn)
        turn += 1
        following = records.following(page, urls)
        if following is None:
            break
        page = following
        seen += ids(page.exchange.items or [])
    _each_once(records, [record.id for record in made if record.id not in removed], seen)


def _disturb(
    records: Records, made: list[Record], seen: list[str], removed: set[str], turn: int
) -> None:
    """Delete a record that was shown, change one that was and one that was not, add one."""
    mine = [record for record in made if record.id not in removed]
    past = [record for record in mine if record.id in seen]
    ahead = [record for record in mine if record.id not in seen]
    if "update" in records.operations and turn < 4:
        for record in past[-1:] + ahead[-1:]:
            made[made.index(record)] = records.update(record, record.change(turn + 1))
    if "delete" in records.operations and len(past) > 1 and len(removed) < 3:
        removed.add(past[0].id)
        records.delete(past[0]).must_succeed()
    if turn < 3:
        records.create()


def _each_once(records: Records, made: list[str], seen: list[str]) -> None:
    last = records.trial.exchanges[-1]
    missing = [one for one in made if one not in seen]
    records.trial.verify(
        not missing,
        f"each of {len(made)} records",
        f"{len(missing)} missing",
        last,
        under="CORE-075",
    )
    twice = sorted({one for one in seen if seen.count(one) > 1})
    records.trial.verify(
        not twice,
        "each record once",
        f"{len(twice)} of them more than once",
        last,
        under="CORE-075",
    )


@check("CORE-076", needs=["update"])
def update_answers_with_the_record(records: Records) -> None:
    """An update is answered with 200 and all of the record, not only with what changed."""
    record = records.create()
    answer = records.patch(record, record.change(1))
    answer.must_have_status(200)
    if "read" in records.operations:
        _is_full(answer, records.get(record))
    answer.verify(answer.value["id"] == record.id, f"id {record.id}", str(answer.value["id"]))
