"""How good the suite is: what programs find alone, and what correct providers are accused of."""

import pytest
from tests.conformance.support import Providers, run

from sbw_conformance.checks.moves import moves
from sbw_conformance.measuring.freedom import MINIATURE, Freedom
from sbw_conformance.measuring.generative import Programming, generative
from sbw_conformance.programs import Programs
from sbw_conformance.provider import defects, variants
from sbw_validator.standard import load_standard

MOST = {"a1.read_only", "a1.business_only", "a2", "b1", "create", "read"}
"""Clients that some cards are for, beside what a move needs."""
EASY = "app-filter-ignored"
"""A defect that shows in the first list that a program asks for."""


def test_every_move_asserts_and_has_a_card() -> None:
    """No move is without a requirement, a sentence, and something to do it with."""
    standard = load_standard()
    for move in moves().values():
        cards = [
            card
            for resource in standard.resources.values()
            if "create" in resource.operations
            for card in move.cards(Programs(standard, resource, move.needs | MOST, None, 0))
        ]
        assert cards, move.name
        assert move.requirements, move.name
        assert move.play.__doc__, move.name


def test_programs_alone_find_a_defect() -> None:
    """Nothing but programs runs, and they name the requirement that is broken."""
    kinds = {check.kind for check in generative() if "CORE-001" not in check.requirements}
    assert kinds == {"program"}
    [defect] = [defect for defect in defects() if defect.id == EASY]
    [found] = Programming(lanes=1, sound=False).run([defect])
    assert found.found
    assert found.named
    assert found.errors == ()


def test_a_whole_deck_of_contacts_accuses_nobody(provider: Providers) -> None:
    """Every card of every move, those that go alone too, finds nothing wrong where nothing is."""
    programs = {check.id for check in generative() if check.kind == "program"}
    target = provider(in_turn=False)
    report = run(target, *programs, only="contact", programs=None, tidy=False, evidence=False)
    outcomes = {row.check: row.outcome.value for row in report.results if row.check in programs}
    assert outcomes == dict.fromkeys(programs, "pass")
    assert report.end["requests"] > 3000


@pytest.mark.full
def test_whole_decks_accuse_nobody() -> None:
    """Every card of every move, on the reference provider, a few variants and the miniature."""
    chosen = ("shuffled", "few-members", "one-spelling", "lagging", MINIATURE)
    assert set(chosen) <= {*variants(), MINIATURE}
    judged = Freedom(chosen=chosen, programs=None).run()
    assert [one.to_json() for one in judged if not one.free] == []
