"""Is the landing page one, of a version and of classes that are known, with its own addresses."""

from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from sbw_conformance.doctoring.diagnosis import Diagnosis, fine, unknown, wrong
from sbw_conformance.doctoring.visit import Visit
from sbw_conformance.exchanges import MISSING, Exchange
from sbw_conformance.target import ConfigurationError, base_of, origin_of
from sbw_validator.findings import printable, shown
from sbw_validator.wording import near

CATALOG = "/.well-known/api-catalog"
MOST_GUESSES = 8
"""Other addresses at which a landing page is looked for, at most."""

SLOWEST_RUN = 3600
"""Seconds that a run may take by its pace alone."""

REQUESTS = 800
"""Requests of a run over two resources, roughly."""


def page(visit: Visit) -> Diagnosis:
    """Whether there is a valid landing page at the base, and where there is one otherwise."""
    if visit.page is not None:
        app = visit.page["app"]
        return fine(printable(f"The landing page is that of {app['name']} ({app['id']})."))
    says, advice = _missing(visit, visit.landing)
    base = likely_base(visit)
    return wrong(says, f"There is one at {base}/: make {base} the target." if base else advice)


def _missing(visit: Visit, got: Exchange) -> tuple[str, str]:
    """What is there instead of a landing page, and what to do."""
    place = f"{visit.target.base}/"
    usual = "The target is the address of the landing page; is it off by a path?"
    if got.status in {401, 403}:
        return (
            f"{place} asks for authorization (status {got.status}).",
            "The landing page is for everybody (CORE-001). If this is one, open it; else " + usual,
        )
    if got.status != 200:
        return f"{place} is no landing page: it answers with status {got.status}.", usual
    if got.json is MISSING:
        kind = printable(got.media_type) or "no media type"
        return f"{place} is no landing page: it answers with {kind}, which is no JSON.", usual
    first = visit.schemas.validator("landing").findings(got.json)[0]
    place = first.pointer or "all of it"
    says = f"The landing page is not valid: {place}: expected {first.expected}, got {first.got}."
    return says, f"{first.hint} Without a valid landing page nothing else is judged (CORE-001)."


def likely_base(visit: Visit) -> str | None:
    """Another base of the same origin that has a valid landing page: a catalog leads to it.

    Where there is no such catalog (RFC 9727), it is one of the paths above that of the target.
    """
    guesses = dict.fromkeys([*_catalogued(visit), *_above(visit.target.base)])
    guesses.pop(visit.target.base, None)
    for base in list(guesses)[:MOST_GUESSES]:
        if visit.valid_page(visit.get(f"{base}/")) is not None:
            return base
    return None


def _catalogued(visit: Visit) -> Iterator[str]:
    """Bases of the same origin that the catalog of APIs links to."""
    catalog = visit.get(visit.origin + CATALOG)
    found = catalog.json.get("linkset") if isinstance(catalog.json, dict) else None
    for context in found if isinstance(found, list) else ():
        if not isinstance(context, dict):
            continue
        yield from _own(visit, context.get("anchor"))
        for links in context.values():
            for link in links if isinstance(links, list) else ():
                yield from _own(visit, link.get("href") if isinstance(link, dict) else None)


def _own(visit: Visit, address: object) -> Iterator[str]:
    """The address as a base, if it is one of the origin of the target."""
    if not isinstance(address, str) or address.endswith(CATALOG):
        return
    try:
        base = base_of(urljoin(visit.origin + CATALOG, address))
    except (ConfigurationError, ValueError):
        return
    if _is_own(visit, base):
        yield base


def _is_own(visit: Visit, address: str) -> bool:
    """Whether an address is one of the origin of the target."""
    try:
        return origin_of(address) == visit.target.origin
    except ValueError:
        return False


def _above(base: str) -> Iterator[str]:
    """The bases above this one, up to the root of its origin."""
    root = base[: len(base) - len(urlsplit(base).path)]
    while base.rpartition("/")[0].startswith(root):
        base = base.rpartition("/")[0]
        yield base


def claims(visit: Visit) -> Diagnosis:
    """Whether version and classes of the landing page are known, and those to judge among them."""
    said = visit.page or {}
    if said["sbw_version"] != visit.standard.version:
        return wrong(
            f"The landing page is one of SBW {printable(said['sbw_version'])}; this suite judges "
            f"{visit.standard.version}.",
            "Take the suite of that version, or the base of the other version.",
        )
    uris = {entry.uri: name for name, entry in visit.standard.classes.items()}
    claimed = [uris[uri] for uri in said["conforms_to"] if uri in uris]
    lost = [name for name in visit.classes or () if name not in claimed]
    if lost:
        return wrong(
            f"To be judged is class {', '.join(lost)}, which the landing page does not claim.",
            f"It claims {', '.join(claimed) or 'none that is known'}.",
        )
    if "core" not in claimed:
        return wrong(
            "The landing page does not claim class core, on which all others stand.",
            f"Add {visit.standard.classes['core'].uri} to conforms_to.",
        )
    odd = [u for u in said["conforms_to"] if u not in uris and u.startswith(visit.standard.base)]
    if odd:
        return wrong(
            f"The landing page claims {shown(odd[0])}, which is no class of this version.",
            near(odd[0], list(uris), "Use"),
        )
    return fine(f"SBW {said['sbw_version']}, classes {', '.join(claimed)}.")


def addresses(visit: Visit) -> Diagnosis:
    """Whether the addresses on the landing page are those of the target, `{base}/{path}`."""
    base = visit.target.base
    for resource, said in visit.resources.values():
        href, path = str(said["href"]).rstrip("/"), f"/{resource.path}"
        if href == base + path:
            continue
        own = href.removesuffix(path)
        where = f"The address of {resource.path} on the landing page is {printable(href)}"
        if not _is_own(visit, href):
            return wrong(
                f"{where}, at another origin than {base}; no token is sent there.",
                f"Is {printable(own)} the target? Behind a proxy, let the provider make addresses "
                "of the host that it is asked for.",
            )
        if own != href and visit.valid_page(visit.get(f"{own}/")) is not None:
            return wrong(f"{where}, not below {base}.", f"Make {own} the target.")
        return wrong(
            f"{where}, where {base}{path} is expected.",
            "Resources are at {base}/{path} (CORE-003): is the target off by a path, or the page?",
        )
    return fine(f"All addresses are below {base}.")


def environment(visit: Visit) -> Diagnosis:
    """Whether this is a place to write test records to."""
    where = (visit.page or {}).get("environment")
    if where is None:
        return unknown(
            "The landing page does not say whether this is production.",
            "Make sure that the clients are those of test businesses: the suite writes records.",
        )
    if where != "production":
        return fine(f"The environment is {where}.")
    if visit.read_only:
        return fine("The environment is production, and nothing will be written.")
    return wrong(
        "The environment is production; the suite writes records, and removes them.",
        "Take a sandbox, or judge only what needs no write: --read-only.",
    )


def pace(visit: Visit) -> Diagnosis:
    """Whether pace and time to settle go with the provider's limits."""
    declared = (visit.page or {}).get("limits", {}).get("settle_seconds", 0)
    settle, rate = visit.target.settle_seconds, visit.target.requests_per_second
    if settle is not None and settle > declared:
        return wrong(
            f"settle_seconds is {settle:g}, but the landing page promises {declared:g}.",
            "Lists have the time that limits.settle_seconds of the landing page says; take "
            "settle_seconds out of the configuration, or let the page say more.",
        )
    if rate is not None and REQUESTS / rate > SLOWEST_RUN:
        return wrong(
            f"At {rate:g} requests per second a run takes {REQUESTS / rate / 3600:.1f} h and more.",
            "Raise pacing.requests_per_second, or take it out: 429 with Retry-After is honoured.",
        )
    speed = "as fast as it answers" if rate is None else f"at {rate:g} requests per second"
    seconds = declared if settle is None else settle
    shown = f"within {seconds:g} s" if seconds else "at once"
    return fine(f"It is asked {speed}; lists show what was written {shown}.")
