"""What an app declares of itself: limits that are true, kept, and the only ones."""

from collections.abc import Iterator
from typing import Any

from sbw_conformance.checks import bodies, check, pointers
from sbw_conformance.checks.limits import LONGEST_LOCAL_PART, matches
from sbw_conformance.checks.records import Record, Records
from sbw_conformance.checks.trial import NotClaimed

LIMITED_BY = {"max_length": "maxLength", "max_items": "maxItems"}
LONGEST_LABEL = 63
"""Characters between two dots of a domain (RFC 1035, section 2.3.4)."""


def constraints_of(records: Records, *, unique: bool = False) -> list[tuple[str, str, Any]]:
    """Pointer, name and value of each limit that the landing page declares for the resource."""
    found = [
        (pointer, name, value)
        for pointer, limits in records.fit.limits.constraints.items()
        for name, value in limits.items()
        if (name == "unique") is unique
    ]
    if not found:
        raise NotClaimed(f"{records.resource.type} declares no such constraint")
    return found


@check("CORE-008")
def constraints_are_tighter_than_the_standard(records: Records) -> None:
    """A limit of an app's own narrows what the standard allows, and not too far."""
    limits = records.fit.limits.constraints
    if not limits:
        raise NotClaimed(f"{records.resource.type} declares no constraints")
    page = records.trial.landing().must_succeed()
    for pointer, given in limits.items():
        found = bodies.schemas_at(records.schema, pointer)
        place = f"/resources/{records.resource.type}/constraints"
        page.verify(bool(found), f"a member of {records.resource.type}", pointer, pointer=place)
        for name, value in given.items():
            highest = [one[LIMITED_BY[name]] for one in found if LIMITED_BY.get(name, "") in one]
            floors = [one["x-floor"][name] for one in found if name in one.get("x-floor", {})]
            if name in LIMITED_BY:
                # What stands nearest to the member is meant for it.
                least, most = next(iter(floors), 0), min(highest, default=value)
                fits = least <= value <= most
                page.verify(fits, f"{name} of {pointer} from {least} to {most}", f"{value}")
            if name == "enum" and (known := bodies.values_of(records.schema, pointer)):
                odd = [one for one in value if one not in known]
                page.verify(not odd, f"values of {pointer} that the schema has", f"{odd}")


@check("CORE-009")
def unsupported_members_are_optional(records: Records) -> None:
    """An app can do without members that records can do without."""
    unsupported = records.fit.limits.unsupported
    if not unsupported:
        raise NotClaimed(f"{records.resource.type} stores every member")
    page = records.trial.landing().must_succeed()
    for pointer in unsupported:
        parent, _, last = pointer.rpartition("/")
        found = bodies.schemas_at(records.schema, pointer)
        above = bodies.schemas_at(records.schema, parent)
        needed = any(last in one.get("required", ()) for one in above)
        place = f"/resources/{records.resource.type}/unsupported"
        page.verify(bool(found), f"a member of {records.resource.type}", pointer, pointer=place)
        page.verify(not needed, "a member that is optional", pointer, pointer=place)
        kept = pointer.split("/")[1] not in {"external_ids", "id", "type", "meta"}
        page.verify(kept, "no member of the envelope", pointer, pointer=place)


@check("CORE-084", needs=["create"])
def broken_constraint_is_refused(records: Records) -> None:
    """One step outside a declared limit is refused as declared, and nothing is stored."""
    app, tried = records.own_app(), 0
    for pointer, name, limit in constraints_of(records):
        body = body_with(records, pointer)
        record = records.create(body)
        for place, wrong in outside(records, body, pointer, name, limit):
            answer = records.post(records.marked(wrong, app))
            answer.must_be_problem(422, "constraint", around(place, wrong))
            tried += 1
            if {"update", "read"} <= records.operations:
                _kept_from_update(records, record, place, wrong)
    if not tried:
        raise NotClaimed("no value that the standard allows breaks a declared constraint")
    records.must_not_exist(app)


def _kept_from_update(records: Records, record: Record, place: str, wrong: dict[str, Any]) -> None:
    records.confirm(record)
    top = place.split("/")[1]
    old = {name: value for name, value in record.value.items() if name == top}
    new = {name: value for name, value in wrong.items() if name == top}
    answer = records.patch(record, bodies.replacing(old, new))
    answer.must_be_problem(422, "constraint", around(place, wrong))
    records.read(record).must_show(record.value)


def around(place: str, body: dict[str, Any]) -> set[str]:
    """Places that a refusal can name: the offending value, or an element of it that is too many."""
    value = pointers.at(body, place)
    surplus = {f"{place}/{len(value) - 1}"} if isinstance(value, list) and value else set()
    return {place} | surplus


def body_with(records: Records, pattern: str) -> dict[str, Any]:
    """A body that fits and has something at a place, if any example has."""
    body = records.richest()
    top = pattern.split("/")[1]
    for example in bodies.valid(records.trial.run.standard, records.resource):
        if not pointers.places(body, pattern) and pointers.places(example.value, pattern):
            found = records.fit({**body, top: example.value[top]})
            body = found if pointers.places(found, pattern) else body
    return body


def outside(
    records: Records, body: dict[str, Any], pattern: str, name: str, limit: Any
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Bodies that the standard allows and that break one limit, each with the place."""
    for place in pointers.places(body, pattern)[:1]:
        value = pointers.at(body, place)
        for wrong in _wrong(records, value, pattern, name, limit):
            changed = pointers.put(body, place, wrong)
            if records.valid(changed):
                yield place, changed
                break
        if name == "required" and records.valid(missing := pointers.removed(body, place)):
            yield place, missing


def _wrong(records: Records, value: Any, pattern: str, name: str, limit: Any) -> Iterator[Any]:
    if name == "max_length" and isinstance(value, str):
        yield _of_length(value, limit + 1)
    if name == "max_items" and isinstance(value, list):
        yield from _of_items(records, value, pattern, limit + 1)
    if name == "enum":
        yield from (one for one in bodies.values_of(records.schema, pattern) if one not in limit)
        yield from (f"{value}"[:-1] + end for end in "XYZxyz" if f"{value}"[:-1] + end not in limit)
    if name == "pattern" and isinstance(value, str):
        odd = (f"~{value}", f"{value}~", f"<{value}>", "~", value.swapcase()[::-1])
        yield from (one for one in odd if not matches(limit, one))


def _of_length(text: str, length: int) -> str:
    """A text of just so many characters.

    Of an e-mail address the local part grows or shrinks and, where it can grow no more, the domain
    grows.
    """
    local, at_sign, domain = text.rpartition("@")
    if not at_sign:
        return text[:length].rstrip().ljust(length, "x")
    while (more := length - len(domain) - LONGEST_LOCAL_PART - 1) > 0:
        domain = f"{'x' * min(max(more - 1, 1), LONGEST_LABEL)}.{domain}"
    room = length - len(domain) - 1
    return f"{local[:room].ljust(room, 'x')}@{domain}"


def _of_items(records: Records, value: list[Any], pattern: str, count: int) -> Iterator[list[Any]]:
    """Arrays of just so many elements, from elements of all examples."""
    chosen = list(value)[:count]
    for element in _elements(records, pattern):
        fitted = pointers.at(records.fit.part(pointers.nested_at(pattern, [element])), pattern)
        for one in fitted if isinstance(fitted, list) else ():
            if isinstance(one, dict):
                one = {n: v for n, v in one.items() if n not in {"pref", "primary"}}  # noqa: PLW2901
            if len(chosen) < count and one not in chosen:
                chosen.append(one)
    if len(chosen) == count:
        yield chosen


def _elements(records: Records, pattern: str) -> Iterator[Any]:
    for example in bodies.valid(records.trial.run.standard, records.resource):
        for place in pointers.places(example.value, f"{pattern}/*"):
            yield pointers.at(example.value, place)


@check("CORE-085", needs=["create"])
def second_record_with_unique_value_is_refused(records: Records) -> None:
    """What is to be unique is, and the refusal says which record has it."""
    declared = [pointer for pointer, _ in records.fit.limits.with_("unique")]
    tried = 0
    for pattern in dict.fromkeys([*records.resource.unique, *declared]):
        body = records.body(body_with(records, pattern))
        for place in pointers.places(body, pattern)[:1]:
            _is_unique(records, pattern, place, body)
            tried += 1
    if not tried:
        raise NotClaimed(f"nothing of {records.resource.type} is unique")


def _is_unique(records: Records, pattern: str, place: str, body: dict[str, Any]) -> None:
    first = records.record(records.post(body).must_succeed())
    value, app = pointers.at(body, place), records.own_app()
    for same in dict.fromkeys([value, _respelled(value)]):
        again = pointers.put(records.body(body_with(records, pattern), app), place, same)
        _is_duplicate(records, records.post(again), first)
    records.must_not_exist(app)
    if {"update", "read"} <= records.operations:
        other = records.record(records.post(records.body(body_with(records, pattern))))
        taken = {(top := place.split("/")[1]): body[top]}
        _is_duplicate(records, records.patch(other, taken), first)
        records.read(other).must_show(other.value)
        again = records.patch(first, {**first.change(1), **taken})
        again.must_be_accepted("a record that keeps what is its own")


def _respelled(value: Any) -> Any:
    """The same e-mail address in another spelling; anything else as it is."""
    if not isinstance(value, str) or "@" not in value:
        return value
    local, _, domain = value.rpartition("@")
    return f"{local}@{domain.swapcase()}"


def _is_duplicate(records: Records, answer: Any, first: Record) -> None:
    answer.must_be_problem(409, "duplicate")
    value = answer.exchange.json
    named = value.get("record") if isinstance(value, dict) else None
    wanted = {"type": records.resource.type, "id": first.id}
    got = named if isinstance(named, dict) else {}
    same = {name: got.get(name) for name in wanted} == wanted
    answer.verify(same, f"record {wanted}", f"record {named}", pointer="/record")


@check("CORE-086", needs=["create"])
def declared_limits_can_be_used_up(records: Records) -> None:
    """What is just inside a limit is taken and kept."""
    tried = 0
    for pattern, name, limit in constraints_of(records):
        body = body_with(records, pattern)
        for place in pointers.places(body, pattern)[:1]:
            for value in _inside(records, pointers.at(body, place), pattern, name, limit):
                inside = pointers.put(body, place, value)
                if records.fit.accepts(inside):
                    sent = records.marked(records.fit(inside))
                    answer = records.post(sent)
                    answer.must_be_accepted(f"{name} {limit} of {pattern}, used up")
                    answer.must_hold(sent)
                    tried += 1
    if not tried:
        raise NotClaimed("no declared constraint can be used up")


def _inside(records: Records, value: Any, pattern: str, name: str, limit: Any) -> Iterator[Any]:
    if name == "max_length" and isinstance(value, str):
        yield _of_length(value, limit)
    if name == "max_items" and isinstance(value, list):
        yield from _of_items(records, value, pattern, limit)
    if name == "enum":
        yield from limit
