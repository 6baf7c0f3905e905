"""How long cursors live: shown by the controls of a sandbox, where there is one."""

from sbw_conformance.checks import check
from sbw_conformance.checks.records import Records
from sbw_conformance.checks.sandbox import moved_clock, steer


def _next(records: Records) -> str:
    """Where a walk goes on after a page of one item."""
    records.create()
    records.create()
    page = records.page(limit=1, updated_since=records.trial.run.start).must_succeed()
    url = records.next_of(page, set())
    control = records.trial.control
    control(url is not None, "CORE-075", "a next, for there is more", "none", page.exchange)
    return str(url)


@check("CORE-078", needs=["create", "list", "control:move_clock"], alone=True)
def cursor_lives_for_an_hour_after_each_use(records: Records) -> None:
    """Who pauses a walk for less than an hour goes on where it stopped, also twice."""
    records.settle()
    url = _next(records)
    for minutes in (59, 118):
        with moved_clock(records.trial, minutes * 60):
            answer = records.page(url)
            answer.verify(answer.status == 200, f"a page after {minutes} minutes")


@check("CORE-079", needs=["create", "list", "control:expire_cursors"], alone=True)
def expired_cursor_is_refused(records: Records) -> None:
    """A walk that cannot go on says so, and can begin anew."""
    records.settle()
    url = _next(records)
    records.page(url).must_succeed()
    steer(records.trial, control="expire_cursors")
    records.page(url).must_be_problem(410, "cursor-expired")
    records.page(_next(records)).must_succeed()
