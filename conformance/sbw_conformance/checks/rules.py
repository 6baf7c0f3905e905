"""Rules of the validator, each checked twice: violations are refused, own records satisfy them."""

from dataclasses import replace

from sbw_conformance.checks import Check, bodies
from sbw_conformance.checks.observing import Found, View, records_in
from sbw_conformance.checks.records import Records
from sbw_conformance.checks.trial import NotClaimed
from sbw_conformance.exchanges import Exchange
from sbw_validator.rules import Rule, rules


def _enforced(rule: Rule) -> Check:
    def refuses(records: Records) -> None:
        records.create()
        app = records.own_app()
        for example in _violations(rule, records):
            answer = records.post(records.marked(example.value, app))
            answer.verify(400 <= answer.status < 500, f"a refusal of {example.name}")
            if "update" in records.operations:
                _is_kept_by_update(rule, records, example)
        records.must_not_exist(app)

    return Check(
        f"rules.{rule.id}_is_enforced",
        "scenario",
        (rule.id,),
        f"Records that break {rule.id} are refused and not stored.",
        refuses,
        frozenset({"create"}),
        types=frozenset(rule.types),
    )


def _violations(rule: Rule, records: Records) -> list[bodies.Example]:
    """Examples that break a rule and, where that is possible, no limit of the app."""
    clean = [example for example in records.invalid() if example.requirement == rule.id]
    broken = [example for example in clean if any(rule.check(example.value))]
    if broken:
        return broken
    written = bodies.invalid(records.trial.run.standard, records.resource)
    stored = [
        replace(example, value=records.fit.part(example.value))
        for example in written
        if example.requirement == rule.id
    ]
    broken = [example for example in stored if any(rule.check(example.value))]
    if not broken:
        raise NotClaimed(f"the app does not store what {rule.id} is about")
    return broken


def _is_kept_by_update(rule: Rule, records: Records, example: bodies.Example) -> None:
    """No update may leave a record behind that breaks the rule."""
    record = records.create()
    wanted = {name: value for name, value in example.value.items() if name != "external_ids"}
    answer = records.patch(
        record, bodies.replacing(bodies.written(record.value, records.schema), wanted)
    )
    after = answer.exchange.record
    broken = after is not None and any(rule.check(after))
    answer.verify(not broken, f"a refusal of an update to {example.name}")


def _kept(rule: Rule) -> Check:
    def holds(exchange: Exchange, _: View) -> list[Found] | None:
        looked = exchange.request.operation in {"read", "list"}
        if exchange.request.resource not in rule.types or not looked:
            return None
        found = [(place, value) for place, value in records_in(exchange) if isinstance(value, dict)]
        if not found:
            return None
        return [
            Found(rule.id, place + finding.pointer, finding.expected, finding.got)
            for place, record in found
            for finding in rule.check(record)
        ]

    return Check(
        f"rules.{rule.id}_holds",
        "observer",
        (rule.id,),
        f"Records that the provider serves satisfy {rule.id}.",
        holds,
        types=frozenset(rule.types),
    )


RULES = tuple(make(rule) for rule in rules() for make in (_enforced, _kept))
