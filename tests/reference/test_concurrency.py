"""Many writers at once, on each kind of database."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from tests.reference.support import Api, named, serving

from sbw_reference.behaviour import Behaviour
from sbw_reference.server import Running, Settings
from sbw_reference.tables import change, tenant

WRITERS = 8


def _at_once(work: Callable[[int], Any], count: int = WRITERS) -> list[Any]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count)))


def test_of_writers_on_one_version_one_wins(anywhere: Running) -> None:
    """The others are told that the version is stale, and the record is the winner's."""
    api = Api(anywhere)
    for _ in range(3):
        record = api.create()
        path, tag = f"/contacts/{record['id']}", f'"{record["meta"]["version"]}"'

        def write(number: int, path: str = path, tag: str = tag) -> Any:
            patch = {"name": {"given": f"Writer {number}"}}
            return api("PATCH", path, patch, If_Match=tag)

        answers = _at_once(write)
        winners = [answer for answer in answers if answer.status == 200]
        assert len(winners) == 1
        assert {answer.status for answer in answers} == {200, 412}
        assert api("GET", path).value == winners[0].value


def test_of_creates_with_one_external_id_one_wins(anywhere: Running) -> None:
    """The others are told which record has it."""
    api = Api(anywhere)
    for number in range(3):
        answers = _at_once(lambda _, number=number: api("POST", "/contacts", named(number)))
        made = [answer.value["id"] for answer in answers if answer.status == 201]
        refused = [answer.value["record"]["id"] for answer in answers if answer.status == 409]
        assert (len(made), set(refused)) == (1, set(made))
        assert len(refused) == WRITERS - 1


def test_overwriting_loses_no_member(anywhere: Running) -> None:
    """Writers that change different members with `*` all leave their mark, each as a version."""
    api = Api(anywhere)
    record = api.create()
    path = f"/contacts/{record['id']}"
    parts = ("middle", "family2", "prefix", "suffix", "full", "sort_as", "given", "family")
    answers = _at_once(lambda n: api("PATCH", path, {"name": {parts[n]: "New"}}, If_Match="*"))
    versions = {answer.value["meta"]["version"] for answer in answers}
    assert len(versions) == len(parts)
    final = api("GET", path).value
    assert final["name"] == dict.fromkeys(parts, "New")
    assert final["meta"]["version"] in versions


def test_changes_are_numbered_without_a_gap(anywhere: Running) -> None:
    """Creates, updates, refusals and writes without effect: each change has the next number."""
    api = Api(anywhere)
    business = anywhere.inhabitants.businesses["a"]

    def work(number: int) -> None:
        made = api.create(named(number, "com.gap"))
        path = f"/contacts/{made['id']}"
        assert api("PATCH", path, {"name": {"given": "Ada"}}, If_Match="*").status == 200
        assert api("PATCH", path, {"name": {"given": "New"}}, If_Match="*").status == 200
        assert api("POST", "/contacts", named(number, "com.gap")).status == 409
        assert api("DELETE", path).status == 204

    _at_once(work)
    with anywhere.store.reading() as connection:
        mine = select(change.c.seq).where(change.c.tenant == business).order_by(change.c.seq)
        numbers = list(connection.scalars(mine))
        last = connection.scalar(select(tenant.c.seq).where(tenant.c.id == business))
    assert numbers == list(range(1, len(numbers) + 1))
    assert last == numbers[-1]
    assert len(numbers) >= 3 * WRITERS


def test_a_walk_among_writers_is_whole(anywhere: Running) -> None:
    """What is there all the time is shown once while others come and go."""
    api = Api(anywhere)
    made = [api.create(named(number, "com.stay"))["id"] for number in range(10)]

    def churn(number: int) -> list[str]:
        if number == 0:
            return [item["id"] for item in api.walk("/contacts?limit=1")]
        for _ in range(5):
            other = api.create()["id"]
            assert api("DELETE", f"/contacts/{other}").status == 204
        return []

    seen = _at_once(churn, 4)[0]
    assert [one for one in seen if one in made] == made
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize(("in_turn", "most"), [(True, 1), (False, 4)])
def test_requests_are_answered_in_turn_where_that_is_asked_for(
    in_turn: bool,  # noqa: FBT001
    most: int,
) -> None:
    """Of four requests at once one is at work at a time, or all four are."""
    meeting, at_work = threading.Barrier(most), set()

    def landing(page: dict[str, Any]) -> dict[str, Any]:
        meeting.wait(10)
        at_work.add(threading.current_thread().name)
        return page

    behaviour = replace(Behaviour(), landing=landing)
    with serving(Settings(in_turn=in_turn), behaviour) as running:
        api = Api(running)
        assert [answer.status for answer in _at_once(lambda _: api("GET", "/"), 4)] == [200] * 4
    assert len(at_work) == most
