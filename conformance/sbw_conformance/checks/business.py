"""The business that a token is bound to."""

from sbw_conformance.checks import check
from sbw_conformance.checks.records import OtherApp, OtherTenant, Records


@check("CORE-020", needs=["read"], types=["business"])
def id_follows_the_token(records: Records, other: OtherApp, stranger: OtherTenant) -> None:
    """Two apps see one business under one id; another business has another."""
    first = records.get().value["id"]
    same, different = other.get(), stranger.get()
    again = records.get()
    again.verify(again.value["id"] == first, f"the id {first} again", str(again.value["id"]))
    same.verify(same.value["id"] == first, f"the id {first}", str(same.value["id"]))
    different.verify(different.value["id"] != first, "another id", f"{first} again")
