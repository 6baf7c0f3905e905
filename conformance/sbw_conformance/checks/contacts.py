"""Checks of class contacts: people's names and addresses as they are."""

from typing import Any

from sbw_conformance.checks import bodies, check, pointers
from sbw_conformance.checks.records import Records
from sbw_conformance.checks.trial import NotClaimed

NAMES = (
    "Zoë O’Hara-Núñez",  # noqa: RUF001  # people type it
    'D\'Arcy "Dee" O\\Neil; DROP',
    "<b>Björk</b> & Söhne",
    "محمد بن سلمان",
    "山田 太郎 𠮷野",
    "Наталья Ёлкина",
    "İstanbul ıßΣς ﬁ½ＡＢ①",  # with letters that are not what they resemble
    "mary-ann van der BERG",
    "Zoe\u0308 e\u0301",
    "👩‍👩‍👧 Null 🦄",
    "=1+1, None, undefined, 0",
)
"""One line each that some system somewhere has mangled."""

ADDRESSES = (
    "Ada.Lovelace@example.com",
    "first+TAG@example.com",
    "O'Hara_{x}!#$%&*/=?^`|~-@example.com",
    "x@sub.example.co.uk",
    "用户@example.com",
)


@check("CONTACTS-002", needs=["create", "read"], types=["contact"])
def text_of_any_script_is_kept(records: Records) -> None:
    """Names and addresses come back in the script they were written in."""
    for text in NAMES:
        body = records.body(
            {"name": {"full": text}, "addresses": [{"lines": [text], "locality": text}]}
        )
        if text not in {leaf for _, leaf in pointers.leaves(body)}:
            raise NotClaimed("the app stores neither full names nor street lines as they are")
        answer = records.post(body)
        answer.verify(200 <= answer.status < 300, f"a contact with the name {text}")
        answer.must_hold(body)
        records.get(answer.value["id"]).must_hold(body)


@check("CONTACTS-003", needs=["create", "read"], types=["contact"])
def local_part_is_kept(records: Records) -> None:
    """What stands before the @ comes back to the letter."""
    for address in ADDRESSES:
        body = records.body({"emails": [{"address": address}]})
        address = pointers.at(body, "/emails/0/address")  # noqa: PLW2901  # as it fits
        if address is None:
            raise NotClaimed("the app stores no e-mail addresses")
        answer = records.post(body)
        answer.verify(200 <= answer.status < 300, f"a contact with the address {address}")
        for shown in (answer, records.get(answer.value["id"])):
            emails = shown.value.get("emails") or [{}]
            local = str(emails[0].get("address")).rpartition("@")[0]
            wanted = address.rpartition("@")[0]
            shown.verify(
                local == wanted, f"{wanted} before the @", local, pointer="/emails/0/address"
            )


RAW = ("ask for Jim, 555 CALL", "020 7946 0123 ext. 4")

PARTS = (
    {"full": "Pelé"},
    {"given": "María", "middle": "del Carmen", "family": "García", "family2": "Lorca"},
    {"given": "Sukarno"},
)


@check("CONTACTS-004", needs=["create", "read"], types=["contact"])
def raw_phone_is_kept(records: Records) -> None:
    """A number that no program understands is still the number that somebody wrote down."""
    for raw in RAW:
        body = records.body({"phones": [{"raw": raw}]})
        if pointers.at(body, "/phones/0/raw") != raw:
            raise NotClaimed("the app stores no phones as they were written")
        answer = records.post(body).must_succeed()
        for shown in (answer, records.get(answer.value["id"])):
            phone = pointers.at(shown.value, "/phones/0")
            got = phone if isinstance(phone, dict) else {}
            kept = got.get("raw") == raw
            shown.verify(kept, raw, f"{got.get('raw')}", pointer="/phones/0/raw")
            invented = got.get("number")
            shown.verify(invented is None, "no number", f"{invented}", pointer="/phones/0/number")


@check("CONTACTS-005", needs=["create", "read"], types=["contact"])
def parts_of_a_name_stay_apart(records: Records) -> None:
    """One name or four: a person's name has the parts that it has."""
    for name in PARTS:
        body = records.body({"name": name})
        answer = records.post(body).must_succeed()
        for shown in (answer, records.get(answer.value["id"])):
            found = shown.value.get("name")
            got = bodies.known(found, _of_name(records), records.schema)
            wanted = body.get("name")
            shown.verify(got == wanted, f"{wanted}", f"{got}", pointer="/name")


def _of_name(records: Records) -> dict[str, Any]:
    return {"allOf": [dict(one) for one in bodies.schemas_at(records.schema, "/name")]}


@check("C3", needs=["create", "read"], types=["contact"])
def shared_address_makes_no_duplicate(records: Records) -> None:
    """An e-mail address says how to reach somebody, not who it is."""
    unique = [pointer for pointer, _ in records.fit.limits.with_("unique")]
    if "/emails/*/address" in unique:
        raise NotClaimed("the landing page says that an e-mail address is unique")
    body = records.body({**records.fit.minimal, "emails": [{"address": "office@example.com"}]})
    if not body.get("emails"):
        raise NotClaimed("the app stores no e-mail addresses")
    first = records.record(records.post(body).must_succeed())
    again = records.post({**body, "external_ids": [records.external_id()]})
    again.must_be_accepted("a second contact with the same e-mail address")
    apart = again.value["id"] != first.id
    again.verify(apart, "a contact of its own", f"{first.id} again", pointer="/id")
    if "update" in records.operations:
        other = records.fit.patch({"emails": [{"address": "ada@example.net"}]})
        answer = records.patch(first, other)
        answer.must_be_accepted("another e-mail address")
        kept = answer.value["id"]
        answer.verify(kept == first.id, f"id {first.id}", f"id {kept}", pointer="/id")
        records.get(first).must_hold(other)


@check("O1", needs=["create", "read"], types=["contact", "organization"])
def person_is_no_organization(records: Records) -> None:
    """What is a person to one app is no firm to another."""
    other = "organization" if records.resource.type == "contact" else "contact"
    there = records.sibling(other)
    if "read" not in there.operations:
        raise NotClaimed(f"{other} is not claimed")
    record = records.create()
    records.confirm(record)
    answer = there.get(record.id)
    found = answer.exchange.record
    if found is None:
        answer.must_be_gone()
        return
    # Ids are free to be counted type by type: then another record has this one too.
    same = dict(records.mark(record)) in bodies.external_ids(found)
    answer.verify(not same, f"no {other} that is the {records.resource.type}", "the same record")
