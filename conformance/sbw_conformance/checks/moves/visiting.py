"""Moves at the door: the landing page, the catalog, and the business."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sbw_conformance.checks import bodies
from sbw_conformance.checks.answer import Answer
from sbw_conformance.checks.model import Step
from sbw_conformance.checks.moves import Card, Source, each, move
from sbw_conformance.checks.records import OtherApp, OtherTenant, Records
from sbw_conformance.checks.trial import ANONYMOUS
from sbw_conformance.checks.world import World
from sbw_validator.standard import Resource

ORIGINS = ("https://integrator.example", "null", "http://localhost:5173")
LINKSET = "application/linkset+json"
NEEDED = {
    "collection": {"list", "read"},
    "append_only": {"list", "read"},
    "singleton": {"read"},
    "query": {"list"},
}
"""Operations without which a resource of a shape is none."""

LIMITED_BY = {"max_length": "maxLength", "max_items": "maxItems"}
KINDS = {"a1": Records, "a2": OtherApp, "b1": OtherTenant}


# The landing page


# Whoever asserts CORE-001 is asked before all others: it has a check of its own for that.
@move("CORE-002", "CORE-031", needs=["create"], cards=each(*ORIGINS))
def visit(world: World, step: Step) -> None:
    """Open the landing page without a token, as a script of another web site does."""
    page = world.records.trial.landing(headers={"Origin": step.value})
    page.must_have_status(200, under="CORE-001")
    for found in world.records.trial.run.schemas.validator("landing", "full").findings(
        page.exchange.json
    ):
        page.verify(False, found.expected, found.got, under="CORE-001", pointer=found.pointer)  # noqa: FBT003
    kind = page.exchange.media_type
    page.verify(kind == "application/json", "application/json", kind, under="CORE-031")
    allowed = page.exchange.header("access-control-allow-origin")
    wanted = "Access-Control-Allow-Origin: *"
    page.verify(allowed == "*", wanted, f"{allowed}", under="CORE-002")


@move("CORE-003", "CORE-008", "CORE-009", needs=["create"], cards=each())
def look_at_what_is_declared(world: World, _: Step) -> None:
    """See that what the landing page says fits together, and fits the standard."""
    page = world.records.trial.landing().must_succeed()
    run = world.records.trial.run
    classes, claimed = run.standard.classes, set(page.value.get("conforms_to") or ())
    declared: Mapping[str, Any] = page.value.get("resources") or {}
    page.verify(classes["core"].uri in claimed, "class core", "not claimed", under="CORE-003")
    for entry in classes.values():
        if entry.uri in claimed:
            lacking = [other for other in entry.depends_on if classes[other].uri not in claimed]
            lacking += [kind for kind in entry.required if kind not in declared]
            told = f"what {entry.uri} stands on"
            page.verify(not lacking, told, f"not {lacking}", under="CORE-003")
    for resource in run.standard.resources.values():
        said = declared.get(resource.type)
        if said is not None and classes[resource.class_name].uri in claimed:
            _is_whole(page, resource, said, run.address(resource))
            schema = run.schemas.bundle(resource.type)
            _limits(page, resource.type, schema, said)


def _is_whole(page: Answer, resource: Resource, said: Mapping[str, Any], address: str) -> None:
    place = f"/resources/{resource.type}"
    lacking = sorted(NEEDED[resource.shape] - set(said.get("operations") or ()))
    at = f"{place}/operations"
    page.verify(not lacking, f"{lacking}", "not declared", under="CORE-003", pointer=at)
    href, at = said.get("href"), f"{place}/href"
    page.verify(href == address, address, f"{href}", under="CORE-003", pointer=at)


def _limits(page: Answer, kind: str, schema: dict[str, Any], said: Mapping[str, Any]) -> None:
    """See that limits are narrower than the schema, and that records can do without the rest."""
    for pointer in said.get("unsupported") or ():
        parent, _, last = pointer.rpartition("/")
        known = bodies.schemas_at(schema, pointer)
        needed = any(last in one.get("required", ()) for one in bodies.schemas_at(schema, parent))
        envelope = pointer.split("/")[1] in {"id", "type", "meta", "external_ids"}
        right, place = known and not needed and not envelope, f"/resources/{kind}/unsupported"
        page.verify(bool(right), "an optional member", pointer, under="CORE-009", pointer=place)
    for pointer, given in (said.get("constraints") or {}).items():
        known, place = bodies.schemas_at(schema, pointer), f"/resources/{kind}/constraints"
        page.verify(bool(known), "a known member", pointer, under="CORE-008", pointer=place)
        for name, value in given.items():
            least, most = _bounds(known, name, value)
            fits = least <= value <= most if name in LIMITED_BY else True
            told = f"{name} of {pointer} from {least} to {most}"
            page.verify(fits, told, f"{value}", under="CORE-008", pointer=place)
        listed = bodies.values_of(schema, pointer)
        odd = [one for one in given.get("enum") or () if listed and one not in listed]
        told = f"values of {pointer} that there are"
        page.verify(not odd, told, f"{odd}", under="CORE-008", pointer=place)


def _bounds(known: Iterable[Mapping[str, Any]], name: str, value: Any) -> tuple[Any, Any]:
    """From where to where a limit can go, as far as schemas say; what stands nearest counts."""
    floors = [one["x-floor"][name] for one in known if name in one.get("x-floor", {})]
    by = LIMITED_BY.get(name, "")
    tops = [one[by] for one in known if by in one]
    return next(iter(floors), 0), min(tops, default=value)


@move(
    "CORE-007",
    needs=["create"],
    cards=lambda source: [("", role) for role in KINDS if role in {"a1", *source.offers}],
)
def visit_with_a_token(world: World, step: Step) -> None:
    """Open the landing page as somebody: it offers no more than to anybody."""
    trial = world.records.trial
    public, page = trial.landing().must_succeed(), trial.landing(client=step.value)
    page.must_have_status(200, under="CORE-007")
    one, other = _offered(public.value), _offered(page.exchange.json)
    page.verify(bool(other), "a landing page", under="CORE-007")
    more = sorted(other - one)
    page.verify(not more, "what is offered to anybody", f"{more[:5]}", under="CORE-007")


def _offered(page: Any) -> set[str]:
    """The classes, resources and operations of a landing page."""
    known = page if isinstance(page, dict) else {}
    resources = known.get("resources")
    found = {str(uri) for uri in known.get("conforms_to") or ()}
    for kind, said in resources.items() if isinstance(resources, dict) else ():
        operations = said.get("operations") if isinstance(said, dict) else ()
        found |= {kind, *(f"{kind} {name}" for name in operations or ())}
    return found


# The catalog


@move("CORE-006", needs=["create"], cards=each())
def look_for_the_catalog(world: World, _: Step) -> None:
    """Find the app from its host alone."""
    target = world.records.trial.run.target
    scheme, host, port = target.origin
    named = f"[{host}]" if ":" in host else host
    url = f"{scheme}://{named}{f':{port}' if port else ''}/.well-known/api-catalog"
    headers = {"Accept": LINKSET}
    answer = world.records.trial.send("catalog", "GET", url, client=ANONYMOUS, headers=headers)
    answer.must_have_status(200, under="CORE-006")
    kind = answer.exchange.media_type
    answer.verify(kind == LINKSET, LINKSET, kind, under="CORE-006")
    targets = list(_targets(answer.exchange.json))
    odd = [one for one in targets if not (isinstance(one, dict) and "href" in one)]
    answer.verify(not odd, "a linkset of targets", f"{odd[:3]}", under="CORE-006")
    leads = {str(one["href"]).rstrip("/") for one in targets}
    told = f"a link to {target.base}/"
    answer.verify(target.base in leads, told, f"{sorted(leads)[:5]}", under="CORE-006")


def _targets(value: Any) -> Iterator[Any]:
    """What the relations of a linkset lead to; what is no array of targets as it is."""
    sets = value.get("linkset") if isinstance(value, dict) else None
    for context in sets if isinstance(sets, list) else ():
        for name, found in context.items() if isinstance(context, dict) else ():
            if name != "anchor":
                yield from found if isinstance(found, list) else [found]


# The business


def _singletons(source: Source) -> Iterator[Card]:
    for kind, resource in source.standard.resources.items():
        if resource.shape == "singleton":
            yield from (("", [kind, role]) for role in ("a2", "b1") if role in source.offers)


@move("CORE-020", "CORE-030", needs=["create"], cards=_singletons)
def ask_for_the_business(world: World, step: Step) -> None:
    """Read what there is one of, as two apps or two businesses: its id tells businesses apart."""
    kind, role = step.value
    mine = world.records.sibling(kind)
    if "read" not in mine.operations:
        return
    theirs = KINDS[role](world.records.trial, mine.resource)
    one, other = mine.get(), theirs.get()
    for answer in (one, other):
        answer.must_have_status(200, under="CORE-071")
    first, second = one.value["id"], other.value["id"]
    if role == "b1":
        other.verify(first != second, f"another id than {first}", f"{second}", under="CORE-020")
    else:
        other.verify(first == second, f"id {first}", f"id {second}", under="CORE-020")
    tag = one.exchange.header("etag")
    named = f'"{one.value["meta"]["version"]}"'
    one.verify(tag == named, f"ETag: {named}", f"ETag: {tag}", under="CORE-043")
    again = mine.get(headers={"If-None-Match": named})
    again.must_have_status(304, under="CORE-092")
