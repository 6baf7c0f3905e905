"""Variants: correct providers that use the freedoms of the standard."""

import re
import time

import pytest
from tests.conformance.support import unmeasured_children
from tests.reference.support import Api, named, serving

from sbw_conformance.provider import Fleet
from sbw_conformance.results import Verdict
from sbw_conformance.suite import Options, judge
from sbw_reference.defects import behave, defects, variants_by_id
from sbw_reference.server import Settings

EACH_TIME = frozenset({"extra-members", "settle"})
"""Variants that use most of the freedoms; the others are judged in the slow tier.

`read-only`, `short-text` and `strict-email` are judged each time too, by tests of the suite.
"""


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "variant",
    [
        pytest.param(name, marks=() if name in EACH_TIME else pytest.mark.full)
        for name in sorted(variants_by_id())
    ],
)
def test_a_variant_is_conformant(variant: str) -> None:
    """The suite finds no fault in it."""
    with unmeasured_children(), Fleet() as fleet:
        report = judge(fleet.start(variant, variant=variant, seed_data=60), Options(programs=2))
    wrong = [row for row in report.results if row.outcome not in {"pass", "not-claimed"}]
    assert wrong == []
    assert report.verdict is Verdict.CONFORMANT


def test_deleted_ids_are_gone() -> None:
    """`gone` tells a deleted id from one that never was."""
    with serving(behaviour=behave(None, "gone").behaviour) as running:
        api = Api(running)
        path = f"/contacts/{api.create()['id']}"
        assert api("DELETE", path).status == 204
        assert api("GET", path).problem() == (410, "about:blank")
        assert api("GET", "/contacts/never").problem() == (404, "about:blank")


def test_what_is_kept_unseen_takes_no_place_in_a_page() -> None:
    """`tombstones` shows as many records on a page as if the deleted ones were gone."""
    with serving(behaviour=behave(None, "tombstones").behaviour) as running:
        api = Api(running)
        gone = [api.create(named(number)) for number in range(7)]
        for record in gone:
            api("DELETE", f"/contacts/{record['id']}")
        made = [api.create(named(number))["id"] for number in range(4)]
        since = gone[0]["meta"]["created_at"]
        for query in ("limit=2", f"limit=2&updated_since={since}"):
            assert [item["id"] for item in api.walk(f"/contacts?{query}")] == made


def test_pages_are_short() -> None:
    """`short-pages` shows three at a time, whatever is asked for, and all in the end."""
    with serving(behaviour=behave(None, "short-pages").behaviour) as running:
        api = Api(running)
        made = [api.create(named(number))["id"] for number in range(7)]
        assert len(api("GET", "/contacts?limit=100").value["items"]) == 3
        assert [item["id"] for item in api.walk("/contacts?limit=100")] == made


def test_lists_settle() -> None:
    """`settle` shows a new record by id at once, in lists after the time that it declares."""
    with serving(behaviour=behave(None, "settle").behaviour) as running:
        api = Api(running)
        declared = api("GET", "/").value["limits"]["settle_seconds"]
        record = api.create()
        assert list(api.walk("/contacts")) == []
        assert api("GET", f"/contacts/{record['id']}").status == 200
        deadline = time.monotonic() + declared
        while not (items := list(api.walk("/contacts"))) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert items == [record]


def test_only_reading_is_offered() -> None:
    """`read-only` declares list and read, and serves no more."""
    with serving(behaviour=behave(None, "read-only").behaviour) as running:
        api = Api(running)
        assert api("GET", "/").value["resources"]["contact"]["operations"] == ["list", "read"]
        assert api("POST", "/contacts", {}).problem() == (405, "about:blank")


def test_members_are_added_and_ids_look_otherwise() -> None:
    """`extra-members` and `uuid-ids` do what they say."""
    with serving(behaviour=behave(None, "extra-members").behaviour) as running:
        record = Api(running).create()
        assert {"x_vendor"} <= set(record) & set(record["name"])
    with serving(behaviour=behave(None, "uuid-ids").behaviour) as running:
        record = Api(running).create()
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", record["id"])
        assert record["meta"]["version"].startswith("v~")


def test_vendors_declare_what_they_keep() -> None:
    """`short-text` and the like refuse what they declare, and a caller's declaration goes first."""
    with serving(behaviour=behave(None, "short-text").behaviour) as running:
        api = Api(running)
        told = api("GET", "/").value["resources"]["organization"]["constraints"]
        assert told["/name"] == {"max_length": 50}
        assert told["/emails"] == {"max_items": 1}
        assert "/external_ids/*/id" not in told
        assert api("POST", "/organizations", {"name": "x" * 51}).problem() == (422, "constraint")
    settings = Settings(declares={"organization": {}})
    with serving(settings, behave(None, "few-members").behaviour) as running:
        resources = Api(running)("GET", "/").value["resources"]
        assert "unsupported" not in resources["contact"]
        assert "filters" not in resources["organization"]


def test_a_defect_brings_its_variant() -> None:
    """Unless another one is asked for."""
    alone = behave("constraint-not-kept", None).behaviour
    assert alone.declares(None)
    assert behave("constraint-not-kept", "gone").behaviour.declares(None) is None
    named = {defect.variant for defect in defects().values()} - {None}
    assert named <= set(variants_by_id())
