"""What bounds a run from within: silence, large answers, long evidence, a pace that eases."""

import time

import pytest
from tests.conformance.support import Server, http_answer, until

from sbw_conformance import client as clients
from sbw_conformance.client import Client
from sbw_conformance.events import LONG_BODIES, SHORT_BODY, WHOLE_BODY, EventStream
from sbw_conformance.exchanges import Exchange, Lack, Request
from sbw_conformance.footprint import peak_bytes
from sbw_conformance.pacing import EASIEST, EASING, Pacer
from sbw_conformance.presence import Ending, Silence

LATE = 30.0


def unanswered(operation: str, resource: str = "contact") -> Exchange:
    """A request that nobody answered."""
    url = f"http://127.0.0.1/{resource}s?limit=1"
    request = Request("a1", operation, "GET", url, resource)
    return Exchange(request, lack=Lack.SILENT, failure="timed out")


def waited(silence: Silence, *operations: str) -> list[Ending | None]:
    """What is said of waits for answers in vain, one after the other."""
    return [silence.kept(unanswered(name), time.monotonic(), LATE) for name in operations]


def test_silence_of_several_kinds_ends_a_run_sooner() -> None:
    """Two rounds are enough where nothing else was answered meanwhile."""
    first, second = waited(Silence(), "read", "create")
    assert first is None
    assert second is not None
    assert second.silent
    assert second.reason == (
        "there was no answer to anything within 30 s, 2 times in a row, the last one to "
        "GET http://127.0.0.1/contacts"
    )


def test_an_answer_of_the_provider_itself_breaks_the_silence() -> None:
    """A landing page does not, for it can be a file of whoever stands before the provider."""
    for key, enough in ((("list", "contact"), False), (("landing", None), True)):
        silence = Silence()
        waited(silence, "read")
        silence.broken(key)
        assert (waited(silence, "create")[0] is not None) is enough


def test_one_kind_of_request_that_is_slow_ends_no_run_after_two_rounds() -> None:
    """Three are waited for, as long as it alone is asked for."""
    assert [one is not None for one in waited(Silence(), "batch", "batch", "batch")] == [
        False,
        False,
        True,
    ]


def test_clean_up_after_silence_tries_once() -> None:
    """Whoever waited long enough does not begin anew."""
    client = Client()
    client.ending = Ending("nothing was answered", silent=True)
    client.resume()
    assert client.ending is None
    assert waited(client._silence, "list")[0] is not None
    client.ending = Ending("the run was interrupted")
    client.resume()
    assert waited(client._silence, "list")[0] is None


def test_large_answers_end_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are read and those that are too long, with a sentence; small ones never do."""
    monkeypatch.setattr(clients, "MOST_LARGE", 6_000_000)
    request = "a1", "list", "GET"
    for body, enough in ((b'["%s"]' % (b"x" * 2_500_000), 3), (b"x" * 5_000_000, 2), (b"{}", None)):
        with Server(lambda _, body=body: http_answer(200, body)) as server:
            client = Client()
            for _ in range(enough or 5):
                assert client.ending is None
                client.send(Request(*request, f"{server.url}/contacts?page=2"), (), "test", 1)
            assert (client.ending is not None) is (enough is not None)
            if client.ending is not None:
                assert client.ending.reason.endswith(f"the last one to GET {server.url}/contacts")


def test_of_long_bodies_the_first_are_kept_whole() -> None:
    """When there is no more room the beginning is kept, with the length of all; short ones are."""
    stream = EventStream()

    def kept(size: int) -> dict[str, object]:
        request = Request("a1", "list", "GET", "http://127.0.0.1/")
        event = stream.exchange(Exchange(request, "t", 1, 200, body=b"x" * size), ())
        found: dict[str, object] = event["body"]
        return found

    for _ in range(LONG_BODIES // WHOLE_BODY):
        assert kept(WHOLE_BODY) == {"text": "x" * WHOLE_BODY}
    assert kept(SHORT_BODY) == {"text": "x" * SHORT_BODY}
    cut = kept(WHOLE_BODY)
    assert (len(str(cut["text"])), cut["bytes"], cut["truncated"]) == (SHORT_BODY, WHOLE_BODY, True)


def test_a_pace_eases_after_a_pause_and_recovers() -> None:
    """Requests that were too fast follow at a part of their rate, and get faster again."""
    pacer = Pacer()
    began = time.monotonic()
    for _ in range(200):
        pacer.wait()
    assert time.monotonic() - began < 1  # nothing held them back
    pacer._since = time.monotonic() - 1  # they took a second
    pacer.pause(0.01)
    eased = pacer._rate(pacer._since)
    assert eased is not None
    assert 200 * EASING * 0.9 < eased < 200 * EASING * 1.01
    pacer.pause(0.02)  # another one of the same moment changes nothing
    assert pacer._rate(pacer._since) == eased
    later = pacer._rate(pacer._since + 10)
    assert later is not None
    assert later > 2 * eased
    assert pacer._rate(pacer._since + 1000) is None


def test_a_pace_eases_no_further_than_bearable() -> None:
    """However often a provider throttles; a pace that was asked for is never exceeded."""
    pacer = Pacer(requests_per_second=25)
    for _ in range(5):
        until(lambda: time.monotonic() > pacer._since, "the end of the pause")
        pacer.pause(0.01)
    assert pacer._rate(pacer._since) == EASIEST
    assert pacer._rate(pacer._since + 1000) == 25


def test_the_peak_is_that_of_this_process() -> None:
    """It is at least what there is now, and not beyond all bounds."""
    before = peak_bytes()
    more = bytearray(50_000_000)
    assert peak_bytes() >= before
    assert len(more) < peak_bytes() < 20_000_000_000
