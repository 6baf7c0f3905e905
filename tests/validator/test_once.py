"""An attribute that is worked out once, and never makes threads wait for each other."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from sbw_validator.once import once


@dataclass(frozen=True)
class Thing:
    """Two things that need each other's values, and what counts how often they are asked."""

    meeting: threading.Barrier
    asked: list[int] = field(default_factory=list)

    @once
    def value(self) -> int:
        """A value that is there only when another thread asks its own at the same time."""
        self.asked.append(1)
        return self.meeting.wait(10) // 2

    @once
    def plain(self) -> int:
        """How often it was asked before."""
        self.asked.append(1)
        return len(self.asked)


def test_it_is_worked_out_once() -> None:
    """The second time the first value comes back, also on a frozen instance."""
    thing = Thing(threading.Barrier(1))
    assert (thing.plain, thing.plain) == (1, 1)
    assert thing.asked == [1]
    assert Thing.plain.__doc__ == "How often it was asked before."


def test_instances_do_not_wait_for_each_other() -> None:
    """Two threads in the same attribute of two instances meet in it."""
    meeting = threading.Barrier(2)
    things = [Thing(meeting), Thing(meeting)]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda thing: thing.value, things)) == [0, 0]
