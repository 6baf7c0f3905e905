"""What a token lets its app do: refusals for want of a scope."""

from collections.abc import Callable

from sbw_conformance.checks import check
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.records import BusinessOnlyToken, ReadOnlyToken, Record, Records
from sbw_conformance.checks.trial import CouldNotRun, NotClaimed

READS = {"list", "read"}
UNKNOWN = "sbw-no-such-record"


def _refused(answer: Answer, scope: str) -> None:
    """A refusal that says which scope is lacking (RFC 6750, section 3.1)."""
    answer.must_be_problem(403, "insufficient-scope")
    challenge = answer.exchange.header("www-authenticate") or "no challenge"
    bare = challenge.replace(" ", "").replace('"', "").lower()
    answer.verify("error=insufficient_scope" in bare, 'error="insufficient_scope"', challenge)
    _, found, rest = challenge.partition("scope=")
    named = rest.strip().strip('"').split('"')[0].split()
    answer.verify(bool(found) and scope in named, f'scope="{scope}"', challenge)


def _scope(records: Records, kind: str) -> str:
    return records.trial.run.scope(records.resource, kind)


def _asked(narrow: Records, operation: str, record: Record | str, app: str) -> Answer:
    """An operation that a token is too narrow for, with nothing else wrong."""
    change = record.change(1) if isinstance(record, Record) else {}
    asked: dict[str, Callable[[], Answer]] = {
        "list": narrow.page,
        "read": lambda: narrow.get(record),
        "create": lambda: narrow.post(narrow.body(app=app)),
        "update": lambda: narrow.patch(record, change, if_match="*"),
        "delete": lambda: narrow.delete(record),
        "upsert": lambda: narrow.upsert({"app": app, "id": "1"}, narrow.body()),
    }
    return asked[operation]()


@check("CORE-017")
def scope_to_write_is_needed(records: Records, reader: ReadOnlyToken) -> None:
    """A token that only reads writes nothing, whatever it asks for."""
    writes = sorted(records.operations - READS)
    if not writes and records.trial.run.claimed_operations(records.resource) - READS:
        raise CouldNotRun(f"no {records.resource.type} is written in this run")
    if not writes:
        raise NotClaimed(f"{records.resource.type} cannot be written")
    record, app = records.create(), records.own_app()
    if "read" in records.operations and reader.get(record).status != 200:
        raise CouldNotRun(f"the read-only token cannot read {records.resource.type}")
    for operation in writes:
        _refused(_asked(reader, operation, record, app), _scope(records, "write"))
    if "read" in records.operations:
        records.read(record).must_show(record.value)
    if "create" in records.operations:
        records.must_not_exist(app)


@check("CORE-017")
def scope_to_read_is_needed(records: Records, narrow: BusinessOnlyToken) -> None:
    """A token for something else reads nothing of this."""
    reads = sorted(records.operations & READS)
    business = narrow.sibling(records.trial.run.standard.classes["core"].required[0])
    needed = _scope(records, "read")
    if not reads:
        raise NotClaimed(f"{records.resource.type} declares nothing that reads")
    if business.get().status != 200:
        raise CouldNotRun("the business-only token cannot read the business")
    record = records.create() if "create" in records.operations else UNKNOWN
    for operation in reads:
        _refused(_asked(narrow, operation, record, ""), needed)


@check("CORE-018", needs=["create", "read"])
def scope_comes_before_the_record(
    records: Records, reader: ReadOnlyToken, narrow: BusinessOnlyToken
) -> None:
    """A token that is too narrow learns nothing of what is there."""
    record = records.create()
    records.confirm(record)
    if reader.get(record).status != 200:
        raise CouldNotRun(f"the read-only token cannot read {records.resource.type}")
    run, resource = records.trial.run, records.resource
    writes = [one for one in ("update", "delete") if one in records.operations]
    probes: list[tuple[Records, str]] = []
    if run.narrows(narrow.role, resource):
        probes.append((narrow, "read"))
    if run.narrows(reader.role, resource):
        probes += [(reader, one) for one in writes]
    if not probes:
        raise NotClaimed(f"{resource.type} has nothing that a narrower token is kept from")
    for client, operation in probes:
        there = _asked(client, operation, record, "")
        unknown = _asked(client, operation, UNKNOWN, "")
        there.verify(there.status == 403, "status 403")
        unknown.verify(
            (unknown.status, _kind(unknown)) == (there.status, _kind(there)),
            f"as for a record that is there: {there.exchange.got}",
        )


def _kind(answer: Answer) -> str:
    value = answer.exchange.json
    return str(value.get("type")) if isinstance(value, dict) else "no problem document"
