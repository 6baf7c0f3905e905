"""What stands beside a member that is left out, or beside a code: nothing else happens to it."""

from typing import Any

from sbw_conformance.checks import bodies, check, pointers
from sbw_conformance.checks.core.lenient import LENIENT
from sbw_conformance.checks.records import Records
from sbw_conformance.checks.trial import NotClaimed

NUMBER = "0"
"""A name of a member that could be taken for an index."""


@check("CORE-057", needs=["create"])
def lenient_write_harms_no_neighbour(records: Records) -> None:
    """Only the member that is not stored goes, wherever it stands and whatever it is called."""
    usual = records.body(records.richest())
    records.post(usual).must_keep(usual)
    body = records.body(records.richest())
    objects = bodies.one_of_each(body, records.schema)
    inner = [place for place in objects if place.rpartition("/")[2].isdecimal()]
    inner = [place for place in inner if not place.startswith("/external_ids/")]
    spots = [f"/{NUMBER}", *(f"{place}/{bodies.UNKNOWN_MEMBER}" for place in inner[:1])]
    sent: Any = body
    for spot in spots:
        sent = pointers.put(sent, spot, "lost")
    answer = records.post(sent, headers=LENIENT)
    answer.must_be_accepted("a lenient write")
    listed = answer.value.get("not_stored")
    told = isinstance(listed, list) and set(spots) <= set(map(str, listed))
    answer.verify(told, f"not_stored with {spots}", f"{listed}", pointer="/not_stored")
    kept = [spot for spot in spots if pointers.at(answer.value, spot) is not None]
    answer.verify(not kept, "nothing of what is not stored", f"{kept}")
    answer.must_hold(body)


@check("CORE-055", needs=["create"], once=True)
def preference_without_value_is_none(records: Records) -> None:
    """Who names the preference without saying which handling is strict as ever."""
    records.create()
    app = records.own_app()
    body = {**records.body(app=app), bodies.UNKNOWN_MEMBER: "kept?"}
    answer = records.post(body, headers={"Prefer": "handling"})
    answer.must_be_problem(422, "not-stored", {f"/{bodies.UNKNOWN_MEMBER}"})
    records.must_not_exist(app)


@check("CORE-047", needs=["create", "read", "update"])
def native_code_goes_with_its_meaning_only(records: Records) -> None:
    """A change of something else keeps the code, a new canonical value comes alone."""
    codes = records.fit.limits.native
    if not codes:
        raise NotClaimed(f"{records.resource.type} declares no native codes")
    for name, meanings in codes.items():
        code, meant = next(iter(meanings.items()))
        native = f"native_{name}"
        both = {name: meant, native: {"code": code}}
        made = records.post({**records.body(), **both}).must_succeed()
        kept = pointers.at(made.value, f"/{native}/code")
        made.trial.control(kept == code, "CORE-143", f"{code}", f"{kept}", made.exchange)
        record = records.record(made)
        answer = records.patch(record, record.change(1))
        answer.must_be_accepted("an update of something else")
        kept = pointers.at(answer.value, f"/{native}/code")
        answer.verify(kept == code, code, f"{kept}", pointer=f"/{native}/code")
        choice = bodies.values_of(records.schema, f"/{name}")
        other = next((value for value in choice if value not in meanings.values()), None)
        if other is None or other == meant:
            continue
        answer = records.patch(records.record(answer), {name: other})
        answer.must_be_accepted(f"an update of {name} alone").must_reflect({name: other})
