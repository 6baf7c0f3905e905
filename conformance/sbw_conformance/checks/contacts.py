"""Checks of class contacts: people's names and addresses as they are."""

from sbw_conformance.checks import check
from sbw_conformance.checks.records import Records

NAMES = (
    "Zoë O’Hara-Núñez",  # noqa: RUF001  # people type it
    'D\'Arcy "Dee" O\\Neil; DROP',
    "<b>Björk</b> & Söhne",
    "محمد بن سلمان",
    "山田 太郎 𠮷野",
    "Наталья Ёлкина",
    "İstanbul ıßΣς",
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
        answer = records.post(body)
        answer.verify(200 <= answer.status < 300, f"a contact with the name {text}")
        answer.must_hold(body)
        records.get(answer.value["id"]).must_hold(body)


@check("CONTACTS-003", needs=["create", "read"], types=["contact"])
def local_part_is_kept(records: Records) -> None:
    """What stands before the @ comes back to the letter."""
    for address in ADDRESSES:
        body = records.body({"emails": [{"address": address}]})
        answer = records.post(body)
        answer.verify(200 <= answer.status < 300, f"a contact with the address {address}")
        for shown in (answer, records.get(answer.value["id"])):
            emails = shown.value.get("emails") or [{}]
            local = str(emails[0].get("address")).rpartition("@")[0]
            wanted = address.rpartition("@")[0]
            shown.verify(
                local == wanted, f"{wanted} before the @", local, pointer="/emails/0/address"
            )
