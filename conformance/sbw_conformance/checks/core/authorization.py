"""Who is let in, and to which records."""

from sbw_conformance.checks import check
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.core.filters import naming
from sbw_conformance.checks.records import OtherApp, OtherTenant, Record, Records, ids, named
from sbw_conformance.checks.trial import CouldNotRun

ONE_RECORD = ("read", "update", "delete")


def _everything(records: Records) -> tuple[list[str], Record | None]:
    """The declared operations that can be asked for, with a record to ask them of."""
    declared = records.operations
    single = records.resource.shape == "singleton"
    record = records.create() if "create" in declared or single else None
    if record and "read" in declared:
        records.confirm(record)
    needs_record = set() if record else set(ONE_RECORD)
    order = ("list", "create", *ONE_RECORD)
    return [name for name in order if name in declared - needs_record], record


def _unharmed(records: Records, record: Record | None) -> None:
    if record is not None and "read" in records.operations:
        records.read(record).must_show(record.value)


@check("CORE-010")
def request_without_token_is_refused(records: Records) -> None:
    """Without a token no operation does anything."""
    operations, record = _everything(records)
    for operation in operations:
        answer = records.without_token(operation, record)
        answer.must_be_problem(401, "unauthorized")
        challenge = answer.exchange.header("www-authenticate") or ""
        schemes = [part.split()[0].lower() for part in challenge.split(",") if part.split()]
        answer.verify("bearer" in schemes, "WWW-Authenticate: Bearer", challenge or "no challenge")
    if reading := _reading(operations):
        other = {"Authorization": f"Basic {records.trial.run.token('a1')}"}
        answer = records.without_token(reading, record, headers=other)
        answer.must_be_problem(401, "unauthorized")
    _unharmed(records, record)


def _reading(operations: list[str]) -> str | None:
    """One of the operations that only reads."""
    return next((name for name in operations if name in {"list", "read"}), None)


def _refused(answer: Answer) -> None:
    answer.must_be_problem(401, "unauthorized")
    challenge = answer.exchange.header("www-authenticate") or "no challenge"
    bare = challenge.replace(" ", "").replace('"', "").lower()
    answer.verify("error=invalid_token" in bare, 'error="invalid_token"', challenge)


@check("CORE-011")
def wrong_token_is_refused(records: Records) -> None:
    """A token that nobody was given lets nobody in, however much it looks like one that was."""
    operations, record = _everything(records)
    token = records.trial.run.token("a1")
    flipped = token[:-1] + ("A" if token[-1] != "A" else "B")
    wrong = ["sbw-no-such-token", flipped, token[:-1], f"{token}x", token[::-1]]
    if token.swapcase() != token:
        wrong.append(token.swapcase())
    for operation in operations:
        bearer = {"Authorization": f"Bearer {wrong[0]}"}
        _refused(records.without_token(operation, record, headers=bearer))
    reading = _reading(operations)
    for value in wrong[1:] if reading else []:
        bearer = {"Authorization": f"Bearer {value}"}
        _refused(records.without_token(reading or "list", record, headers=bearer))
    _unharmed(records, record)


@check("CORE-012")
def token_in_query_is_not_accepted(records: Records) -> None:
    """A token in the address of a request is no token."""
    operations, record = _everything(records)
    reading = [name for name in operations if name in {"list", "read"}]
    if not reading:
        raise CouldNotRun(f"{records.resource.type} declares nothing that reads")
    for operation in reading:
        query = {"access_token": records.trial.run.token("a1")}
        answer = records.without_token(operation, record, query=query)
        answer.verify(not 200 <= answer.status < 300, "a refusal")
    _unharmed(records, record)


@check("CORE-013", needs=["create", "read"])
def record_of_other_business_is_unknown(records: Records, stranger: OtherTenant) -> None:
    """The other business sees the same as for an id that does not exist, and harms nothing."""
    record, own = records.create(), stranger.create()
    stranger.read(own)
    records.confirm(record)
    for operation in ONE_RECORD:
        if operation not in records.operations:
            continue
        unknown = _ask(stranger, operation, "sbw-no-such-record", record)
        refused = 400 <= unknown.status < 500
        control = records.trial.control
        control(refused, "CORE-054", "a refusal", unknown.exchange.got, unknown.exchange)
        answer = _ask(stranger, operation, record.id, record)
        expected = (unknown.status, _kind(unknown))
        answer.verify(
            (answer.status, _kind(answer)) == expected,
            f"as for an unknown id: {unknown.exchange.got}",
        )
    records.read(record).must_show(record.value)


def _ask(records: Records, operation: str, record_id: str, record: Record) -> Answer:
    if operation == "update":
        return records.patch(record_id, record.change(1), if_match="*")
    return records.get(record_id) if operation == "read" else records.delete(record_id)


def _kind(answer: Answer) -> str:
    value = answer.exchange.json
    return str(value.get("type")) if isinstance(value, dict) else "no problem document"


@check("CORE-014", needs=["create", "list"])
def lists_hold_own_business_only(records: Records, stranger: OtherTenant) -> None:
    """No list, filtered or not, shows a record of another business."""
    record, own = records.create(records.richest()), stranger.create()
    items = stranger.eventually(lambda items: own.id in ids(items))
    control = stranger.page().must_succeed()
    requirement = "CORE-075"
    control.trial.control(
        own.id in ids(items), requirement, "the own record", "not listed", control.exchange
    )
    control.verify(record.id not in ids(items), "own records only", "a record of the other")
    control.verify(
        record.id not in ids(control.exchange.items or []), "own records only", "a foreign record"
    )
    since = {"updated_since": records.trial.run.start}
    known = [records.mark(record)] if records.marks else []
    marks = [{"external_id": value, **since} for k in known for value in (k["app"], named(k))]
    for query in (*marks, *naming(records, record)):
        page = stranger.page(**query).must_succeed()
        told = ", ".join(f"{name}={value}" for name, value in query.items())
        foreign = record.id in ids(page.exchange.items or [])
        page.verify(not foreign, f"own records only for {told}", "a record of the other business")


@check("CORE-015", needs=["read"])
def apps_of_one_business_share_records(records: Records, other: OtherApp) -> None:
    """What one app writes, the other app of the business reads, changes and lists."""
    record = records.create()
    records.confirm(record)
    answer = other.get(record)
    answer.verify(200 <= answer.status < 300, "the record for the other app")
    answer.must_show(record.value)
    if "update" in records.operations:
        changed = other.patch(record, record.change(1))
        changed.verify(200 <= changed.status < 300, "an update by the other app")
        new, old = changed.value["meta"]["version"], record.version
        wanted = f"another version than {old}"
        records.trial.control(new != old, "CORE-044", wanted, f"{new}", changed.exchange)
        other.confirm(Record(changed.value, {}, {}))
        again = records.get(record)
        again.verify(200 <= again.status < 300, "the record for the first app")
        again.must_show(changed.value)
    if "list" in records.operations:
        made = records.marks and "create" in records.operations
        ours = {"external_id": named(records.mark(record))} if made else {}
        items = other.eventually(lambda items: record.id in ids(items), **ours)
        answer.verify(record.id in ids(items), "the record in the other app's list", "not listed")


@check("CORE-016", needs=["create", "external_id"])
def external_ids_of_businesses_are_apart(records: Records, stranger: OtherTenant) -> None:
    """Two businesses use the same external id, each for a record of its own."""
    body = records.body()
    first = records.post(body).must_succeed()
    second = stranger.post(body)
    second.verify(200 <= second.status < 300, "the same external id in another business")
    second.verify(first.value["id"] != second.value["id"], "a record of its own", "the same id")
