"""Good providers with limits of their own are CONFORMANT: no limit that is declared is a fault."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.limits import harsh
from tests.conformance.support import (
    Asked,
    Passed,
    Providers,
    Proxy,
    Reply,
    http_answer,
    run,
    sbw,
    tokens,
)

from sbw_conformance.checks.core.declared import _of_length
from sbw_conformance.provider import Reference
from sbw_conformance.results import Outcome, Verdict
from sbw_conformance.target import Target
from sbw_validator.standard import load_standard

STANDARD = load_standard()
DECLARED = (
    "core.constraints_are",
    "core.unsupported_",
    "core.broken_constraint",
    "core.declared_",
    "core.second_record_with_unique",
)
NOT_FOUND = {"type": "about:blank", "title": "Not found", "status": 404}


def judged(target: Target, folder: Path) -> dict[str, Any]:
    """The report of `sbw test` of a target."""
    done = sbw("test", target.base, "--json", cwd=folder, env=tokens(target), measured=False)
    report: dict[str, Any] = json.loads(done.stdout)
    wrong = [row for row in report["results"] if row["outcome"] not in {"pass", "not-claimed"}]
    assert (done.returncode, wrong) == (0, [])
    assert report["verdict"] == "CONFORMANT"
    assert report["cleanup"]["kept"] == []
    return report


def passed(report: dict[str, Any]) -> set[tuple[str, str | None]]:
    """Requirement and resource of each pass."""
    found = [row for row in report["results"] if row["outcome"] == "pass"]
    return {(row["requirement"], row.get("resource")) for row in found}


def test_a_vendor_with_short_columns_is_conformant(provider: Providers, tmp_path: Path) -> None:
    """Every line has 50 characters, a record one e-mail address, and all of it was tried."""
    found = passed(judged(provider(variant="short-text"), tmp_path))
    for kind in ("contact", "organization", "custom_field_definition"):
        assert {(name, kind) for name in ("CORE-008", "CORE-084", "CORE-086")} <= found


def test_a_vendor_of_mailboxes_is_conformant(provider: Providers, tmp_path: Path) -> None:
    """An e-mail address is mandatory and nobody else's, and much is not stored."""
    found = passed(judged(provider(variant="strict-email"), tmp_path))
    wanted = ("CORE-008", "CORE-009", "CORE-084", "CORE-085", "CORE-086")
    assert {(name, "contact") for name in wanted} <= found


@contextmanager
def without(target: Target, *types: str) -> Iterator[Target]:
    """A provider as if it had never heard of some resources."""
    paths = tuple(f"/{STANDARD.resources[name].path}" for name in types)

    def before(asked: Asked) -> Reply | None:
        absent = asked.place.startswith(paths)
        page = json.dumps(NOT_FOUND)
        return http_answer(404, page, "application/problem+json") if absent else None

    def after(_: Asked, passed: Passed) -> None:
        if b'"sbw_version"' in passed.body:
            page = passed.json
            kept = {name: e for name, e in page["resources"].items() if name not in types}
            passed.json = {**page, "resources": kept}

    with Proxy(target, before, after) as proxy:
        yield proxy.seen


def test_the_harshest_limits_are_no_fault(tmp_path: Path) -> None:
    """Names in one piece, one of each, the shortest texts, no organizations, no custom fields."""
    file = tmp_path / "declares.json"
    file.write_text(json.dumps(harsh(STANDARD)))
    with (
        Reference("--declare", str(file)) as reference,
        without(reference.target, "organization", "custom_field_definition") as target,
    ):
        found = passed(judged(target, tmp_path))
    wanted = ("CORE-008", "CORE-009", "CORE-084", "CORE-085", "CORE-086", "CONTACTS-005")
    assert {(name, "contact") for name in wanted} <= found
    # Of the others it is seen that they are absent, in answers that have their form.
    others = {name for name, kind in found if kind in {"organization", "custom_field_definition"}}
    assert others == {"CORE-004", "CORE-031", "CORE-050"}


@pytest.mark.full
def test_the_harshest_limits_of_everything_are_no_fault(provider: Providers) -> None:
    """With organizations and definitions too, each at the floors of the standard."""
    report = run(provider(declare=harsh(STANDARD)))
    assert report.failures() == ()
    assert report.verdict is Verdict.CONFORMANT


def test_core_and_contacts_alone_are_conformant(provider: Providers, tmp_path: Path) -> None:
    """Neither batches nor a sandbox are needed; what they would add is not claimed."""
    report = judged(provider(classes=["core", "contacts"]), tmp_path)
    absent = {row["requirement"] for row in report["results"] if row["outcome"] == "not-claimed"}
    found = {name for name, _ in passed(report)}
    assert {name for name in absent if name.startswith("BULK-")} == {
        f"BULK-{number:03}" for number in range(1, 11)
    }
    assert {"SANDBOX-002", "SANDBOX-006", "CORE-078", "CORE-079"} <= absent
    assert not any(name.startswith("BULK-") for name in found)
    assert {name for name in found if name.startswith("SANDBOX-")} == {"SANDBOX-001"}


def test_a_provider_to_read_only_is_conformant(provider: Providers, tmp_path: Path) -> None:
    """Where nothing can be written, records that are there already are read, and left alone."""
    report = judged(provider(variant="read-only", seed_data=60), tmp_path)
    found = {name for name, _ in passed(report)}
    assert {"CORE-004", "CORE-071", "CORE-073", "CORE-092", "CORE-100"} <= found
    assert report["cleanup"]["removed"] == 0


@pytest.mark.parametrize(
    ("constraints", "tried"),
    [
        ({"/name/full": {"pattern": "^[^<>]*$"}}, {"CORE-084"}),
        (
            {"/name/full": {"pattern": "^\\p{L}[\\p{L}\\p{M} '’.-]*$", "max_length": 60}},
            {"CORE-084", "CORE-086"},
        ),
        ({"/nickname": {"pattern": "^.*$"}}, set()),
        ({"/name/given": {"required": True}}, {"CORE-084"}),
        ({"/emails/*/label": {"required": True}}, {"CORE-084"}),
        ({"/emails/*/address": {"max_length": 120}}, {"CORE-084", "CORE-086"}),
        ({"/source/channel": {"required": True, "max_length": 50}}, {"CORE-084", "CORE-086"}),
        ({"/addresses/*/coordinates/lat": {"required": True}}, set()),
        ({"/lifecycle_stage": {"enum": ["lead", "customer"]}}, {"CORE-084", "CORE-086"}),
        ({"/lifecycle_stage": {"required": True, "enum": ["lead"]}}, {"CORE-084", "CORE-086"}),
        ({"/tags": {"required": True, "max_items": 1}}, {"CORE-084", "CORE-086"}),
        ({"/phones/*/number": {"unique": True, "required": True}}, {"CORE-085"}),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else " ".join(sorted(value)),
)
def test_a_limit_is_tried_and_is_no_fault(
    provider: Providers, constraints: dict[str, Any], tried: set[str]
) -> None:
    """One step inside is taken, one step outside refused where the standard allows it."""
    report = run(provider(declare={"contact": {"constraints": constraints}}), *DECLARED)
    assert [(r.check, r.outcome, r.reason, r.got) for r in report.failures()] == []
    assert report.verdict is Verdict.CONFORMANT
    of_limits = {"CORE-008", "CORE-084", "CORE-085", "CORE-086"}
    of_contacts = {
        r.requirement
        for r in report.results
        if r.resource == "contact" and r.outcome is Outcome.PASS
    }
    assert of_contacts & of_limits == {"CORE-008", *tried}


def test_a_limit_that_is_not_kept_is_a_fault(provider: Providers) -> None:
    """A limit that the landing page only tells of, and nothing enforces, is found."""
    said = {"constraints": {"/emails/*/address": {"max_length": 120}}}

    def after(_: Asked, passed: Passed) -> None:
        if b'"sbw_version"' in passed.body:
            page = passed.json
            page["resources"]["contact"] |= said
            passed.json = page

    with Proxy(provider(), after=after) as proxy:
        report = run(proxy.seen, *DECLARED)
    assert report.outcome("CORE-084") is Outcome.FAIL


@pytest.mark.parametrize("length", [13, 20, 64, 76, 77, 78, 79, 80, 120, 140, 141, 142, 254, 255])
def test_an_address_of_any_length_is_an_address(length: int) -> None:
    """The local part has 64 characters at most, each label of the domain 63."""
    text = _of_length("Ada@example.com", length)
    local, _, domain = text.rpartition("@")
    assert len(text) == length
    assert 0 < len(local) <= 64
    assert all(0 < len(label) <= 63 for label in domain.split("."))


OWN: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "a native code": lambda record: {**record, "native_lifecycle_stage": {"code": "new"}},
    "a member that is not standard": lambda record: {**record, "x_vendor": {"a": [1]}},
}


@pytest.mark.parametrize("adds", [pytest.param(add, id=name) for name, add in OWN.items()])
def test_what_a_vendor_adds_is_no_obstacle(
    provider: Providers, adds: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """Merge patches are judged by what was written, whatever else the vendor says of a record."""

    def after(asked: Asked, passed: Passed) -> None:
        single = asked.place.startswith("/contacts") and asked.place != "/contacts/batch"
        if single and 200 <= passed.status < 300 and passed.body and not passed.is_page:
            passed.json = adds(passed.json)

    with Proxy(provider(), after=after) as proxy:
        report = run(proxy.seen, "core.update_is_a_merge", "core.versions_are_never")
    found = [(r.requirement, r.outcome) for r in report.results if r.resource == "contact"]
    assert ("CORE-047", Outcome.PASS) in found
    assert {outcome for name, outcome in found if name in {"CORE-047", "CORE-044"}} == {
        Outcome.PASS
    }
