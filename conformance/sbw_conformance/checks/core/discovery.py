"""How an app is found: the landing page and what it declares."""

from collections.abc import Iterator
from typing import Any

from sbw_conformance.checks import check
from sbw_conformance.checks.records import Records
from sbw_conformance.checks.trial import ANONYMOUS, Trial

MUST_DECLARE = {
    "collection": {"list", "read"},
    "append_only": {"list", "read"},
    "singleton": {"read"},
    "query": {"list"},
}
"""Operations that a claimed resource of a shape has at least."""


@check("CORE-001")
def landing_page_is_served_to_anyone(trial: Trial) -> None:
    """Anyone gets a valid landing page, also without a token."""
    answer = trial.landing()
    answer.must_have_status(200)
    findings = trial.run.schemas.validator("landing", "full").findings(answer.exchange.json)
    for finding in findings[:1]:
        answer.verify(False, finding.expected, finding.got, pointer=finding.pointer)  # noqa: FBT003
    answer.verify(not findings, "a valid landing page")


@check("CORE-002")
def landing_page_is_readable_from_any_origin(trial: Trial) -> None:
    """A script of another web origin is allowed to read the landing page."""
    answer = trial.landing(headers={"Origin": "https://integrator.example"}).must_succeed()
    allowed = answer.exchange.header("access-control-allow-origin")
    answer.verify(allowed == "*", "Access-Control-Allow-Origin: *", f"{allowed}")


@check("CORE-003")
def claimed_classes_bring_their_resources(trial: Trial) -> None:
    """A class is claimed together with what it depends on and with all its resources."""
    answer = trial.landing().must_succeed()
    standard, claimed = trial.run.standard, trial.run.claimed_classes
    declared = {kind for kind, entry in standard.resources.items() if trial.run.declared(entry)}
    answer.verify("core" in claimed, f"{standard.classes['core'].uri} in conforms_to", "not there")
    for name in sorted(claimed):
        missing = [other for other in standard.classes[name].depends_on if other not in claimed]
        answer.verify(not missing, f"the classes that {name} depends on", f"not {missing}")
        entry = standard.classes[name]
        there = [kind for kind in entry.resources if kind in declared]
        wanted = entry.required or there or entry.resources[:1]
        for kind in dict.fromkeys([*wanted, *there]):
            _is_declared(trial, kind)


def _is_declared(trial: Trial, kind: str) -> None:
    answer = trial.landing().must_succeed()
    resource = trial.run.standard.resources[kind]
    place = f"/resources/{kind}"
    declared = answer.value["resources"].get(kind)
    answer.verify(declared is not None, f"the resource {kind}", "not declared", pointer=place)
    lacking = sorted(MUST_DECLARE[resource.shape] - trial.run.claimed_operations(resource))
    answer.verify(
        not lacking,
        f"the operations {sorted(MUST_DECLARE[resource.shape])} of {kind}",
        f"not {lacking}",
        pointer=f"{place}/operations",
    )
    href, wanted = str(declared["href"]), trial.run.address(resource)
    answer.verify(href == wanted, wanted, href, pointer=f"{place}/href")


@check("CORE-004", unclaimed=True)
def undeclared_operations_are_absent(records: Records) -> None:
    """What is not declared is not there: 404 or 405, also for a client with a token."""
    declared = records.trial.run.declared(records.resource)
    control = records.trial.send(
        "landing", "GET", f"{records.trial.run.target.base}/"
    ).must_succeed()
    asked = 0
    _works(records)
    for operation, method, url in _probes(records):
        if operation in declared:
            continue
        value: dict[str, Any] | None = {} if method in {"POST", "PATCH"} else None
        headers = {"If-Match": '"sbw-no-such-version"'} if method == "PATCH" else {}
        answer = records.trial.send(
            operation, method, url, resource=records.resource, value=value, headers=headers
        )
        answer.must_have_status(404, 405)
        asked += 1
    control.verify(True, "only what is declared", f"{asked} absent")  # noqa: FBT003


def _works(records: Records) -> None:
    """One declared operation answers, so that 404 elsewhere says something."""
    if "list" in records.operations:
        records.page().must_succeed()
    elif "create" in records.operations or records.resource.shape == "singleton":
        records.create()


def _probes(records: Records) -> list[tuple[str, str, str]]:
    """What to ask for, by operation; nothing that could harm a record that is not ours."""
    path, one = records.url(), records.url("sbw-no-such-record")
    if records.resource.shape in {"singleton", "query"}:
        read = "read" if records.resource.shape == "singleton" else "list"
        return [(read, "GET", path), ("create", "POST", path), ("update", "PATCH", path)]
    upsert = f"{path}/by-external-id?app=org.example.app&id=1"
    probes = [("list", "GET", path), ("create", "POST", path), ("upsert", "PATCH", upsert)]
    if "create" in records.operations:
        one = records.url(records.create().id)
    return [*probes, ("read", "GET", one), ("update", "PATCH", one)]


@check("CORE-006")
def api_catalog_leads_to_the_base(trial: Trial) -> None:
    """Who knows only the host finds the API."""
    run = trial.run
    scheme, host, port = run.target.origin
    shown = f"[{host}]" if ":" in host else host
    origin = f"{scheme}://{shown}" + (f":{port}" if port else "")
    accept = {"Accept": "application/linkset+json"}
    url = f"{origin}/.well-known/api-catalog"
    answer = trial.send("catalog", "GET", url, client=ANONYMOUS, headers=accept)
    answer.must_have_status(200)
    kind = answer.exchange.media_type
    answer.verify(kind == "application/linkset+json", "application/linkset+json", kind)
    relations = list(_relations(answer.exchange.json))
    strange = [name for name, targets in relations if not _are_targets(targets)]
    answer.verify(not strange, "a linkset, whose relations are arrays of targets", f"{strange[:5]}")
    leads = {target["href"].rstrip("/") for _, targets in relations for target in targets}
    answer.verify(run.target.base in leads, f"a link to {run.target.base}/", f"{sorted(leads)[:5]}")


def _relations(value: Any) -> Iterator[tuple[str, Any]]:
    """All members of link contexts but their anchor (RFC 9264, section 4.2)."""
    sets = value.get("linkset") if isinstance(value, dict) else None
    for context in sets if isinstance(sets, list) else ():
        for name, targets in context.items() if isinstance(context, dict) else ():
            if name != "anchor":
                yield name, targets


def _are_targets(value: Any) -> bool:
    found = value if isinstance(value, list) else [None]
    return all(isinstance(one, dict) and isinstance(one.get("href"), str) for one in found)


@check("CORE-007")
def token_adds_nothing_to_the_landing_page(trial: Trial) -> None:
    """What is offered is offered in public."""
    public = trial.landing().must_succeed()
    answer = trial.landing(client="a1").must_succeed()
    answer.must_have_status(200)
    open_, shown = public.exchange.json, answer.exchange.json
    wanted = isinstance(shown, dict) and isinstance(shown.get("resources"), dict)
    answer.verify(wanted, "a landing page")
    more = sorted(set(shown.get("conforms_to") or ()) - set(open_["conforms_to"]))
    answer.verify(not more, "no further class", f"{more}", pointer="/conforms_to")
    for kind, entry in shown["resources"].items():
        known = set((open_["resources"].get(kind) or {}).get("operations") or ())
        offered = set(entry.get("operations") or ()) if isinstance(entry, dict) else set()
        extra, place = sorted(offered - known), f"/resources/{kind}"
        answer.verify(kind in open_["resources"], f"no {kind}", f"{kind}", pointer=place)
        answer.verify(not extra, "no further operation", f"{extra}", pointer=f"{place}/operations")
