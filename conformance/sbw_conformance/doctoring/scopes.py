"""What each token is allowed, as far as it can be known without writing."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sbw_conformance.doctoring.businesses import same_business
from sbw_conformance.doctoring.diagnosis import Diagnosis, State, fine, unknown, wrong
from sbw_conformance.doctoring.visit import BUSINESS, Visit
from sbw_conformance.exchanges import Exchange
from sbw_conformance.target import variable
from sbw_validator.findings import printable

NOBODY = "sbw-doctor-no-such-record"
"""The id of no record: what is refused for want of a scope is so before any id is looked up."""

NO_VERSION = '"sbw-doctor-no-such-version"'
LACKS = re.compile(r"error=\"?insufficient_scope")
NAMES = re.compile(r'scope="([^"]+)"')


@dataclass(frozen=True)
class Allowed:
    """What came of asking: scopes that are lacking, scopes that are held, what says neither."""

    lacking: frozenset[str]
    held: frozenset[str]
    odd: tuple[str, ...]


def reads(visit: Visit) -> dict[str, str]:
    """An address to read for each scope that reading needs."""
    found: dict[str, str] = {}
    for resource, said in visit.resources.values():
        scope = (said.get("scopes") or {}).get("read") or f"{resource.scope}:read"
        if "list" in said["operations"]:
            found.setdefault(scope, f"{said['href']}?limit=1")
        elif resource.shape == "singleton" and "read" in said["operations"]:
            found.setdefault(scope, said["href"])
    return found


def writes(visit: Visit) -> dict[str, str]:
    """The address of a record that there is not, for each scope that writing needs."""
    found: dict[str, str] = {}
    for resource, said in visit.resources.values():
        if resource.shape == "collection" and "update" in said["operations"]:
            scope = (said.get("scopes") or {}).get("write") or f"{resource.scope}:write"
            found.setdefault(scope, f"{said['href']}/{NOBODY}")
    return found


def may_read(visit: Visit, role: str, addresses: Mapping[str, str]) -> Allowed:
    """What a client is allowed to read."""
    answers = {scope: visit.get(url, role) for scope, url in addresses.items()}
    return _sorted(answers, lambda got: got.status == 200)


def may_write(visit: Visit, role: str, addresses: Mapping[str, str]) -> Allowed:
    """What a client is allowed to write.

    Nothing is written: the record does not exist, the version that is named has never been, and
    the patch changes nothing.
    """
    headers = (("If-Match", NO_VERSION), ("Content-Type", "application/merge-patch+json"))
    answers = {
        scope: visit.ask("update", "PATCH", url, role=role, headers=headers, body=b"{}")
        for scope, url in addresses.items()
    }
    # Whoever may write is told what else is in the way: there is no such record, no such version.
    in_the_way = {400, 404, 409, 410, 412, 422, 428}
    return _sorted(answers, lambda got: got.status in in_the_way or 200 <= got.status < 300)


def _sorted(answers: Mapping[str, Exchange], allowed: Callable[[Exchange], bool]) -> Allowed:
    lacking, held, odd = set(), set(), []
    for scope, got in answers.items():
        if allowed(got):
            held.add(scope)
        elif _lacks(got):
            lacking.add(_named(got) or scope)
        else:
            odd.append(f"{got.request.method} {got.request.url}: {got.got}")
    return Allowed(frozenset(lacking), frozenset(held), tuple(odd))


def _lacks(got: Exchange) -> bool:
    """Whether a request was refused for want of a scope (RFC 6750, section 3.1)."""
    problem = got.json.get("type") if isinstance(got.json, dict) else None
    told = LACKS.search(got.header("www-authenticate") or "")
    return got.status == 403 and bool(told or str(problem).endswith("insufficient-scope"))


def _named(got: Exchange) -> str | None:
    found = NAMES.search(got.header("www-authenticate") or "")
    return printable(found[1]) if found else None


def reading(visit: Visit, role: str) -> Diagnosis:
    """Whether a client has the scopes that reading needs."""
    return _complete(role, "read", may_read(visit, role, reads(visit)))


def _may_ask(visit: Visit) -> bool:
    """Whether a request that would write, if anything about it were right, may be sent."""
    production = (visit.page or {}).get("environment") == "production"
    return not (visit.read_only or production)


def writing(visit: Visit, role: str) -> Diagnosis:
    """Whether a client has the scopes that writing needs."""
    if not _may_ask(visit):
        return unknown(
            f"Whether client {role} may write was not asked, since nothing is to be written here.",
            "`sbw doctor` asks it in a sandbox.",
        )
    return _complete(role, "write", may_write(visit, role, writes(visit)))


def _complete(role: str, verb: str, allowed: Allowed) -> Diagnosis:
    if allowed.lacking:
        scopes = ", ".join(sorted(allowed.lacking))
        return wrong(
            f"The token of client {role} lacks {scopes}: the landing page says who is to {verb} "
            "needs it.",
            f"Issue {variable(role)} again, with all scopes to read and to write.",
        )
    if allowed.odd:
        return unknown(
            f"Whether client {role} may {verb} everything is not known: {allowed.odd[0]}.",
            f"Try it by hand, with {variable(role)}.",
        )
    scopes = ", ".join(sorted(allowed.held)) or "nothing that needs a scope"
    return fine(f"Client {role} may {verb}: {scopes}.")


def narrower(visit: Visit, role: str) -> Diagnosis:
    """Whether a narrower token of a1 is one of the same business, and narrower indeed."""
    clients = visit.target.clients
    if clients[role].token == clients["a1"].token:
        return wrong(
            f"{variable(role)} and {variable('a1')} hold the same token.", _wanted(visit, role)
        )
    business = same_business(visit, role)
    if business.state is State.WRONG:
        return business
    is_reader = role.endswith("read_only")
    return _reader(visit, role) if is_reader else _business_only(visit, role)


def _reader(visit: Visit, role: str) -> Diagnosis:
    may = may_read(visit, role, reads(visit))
    if may.lacking:
        return wrong(
            f"The token of client {role} is too narrow: it lacks {', '.join(sorted(may.lacking))}.",
            _wanted(visit, role),
        )
    asked = writes(visit) if _may_ask(visit) else {}
    return _narrow(visit, role, "write", may_write(visit, role, asked))


def _business_only(visit: Visit, role: str) -> Diagnosis:
    addresses = reads(visit)
    own = [scope for scope, url in addresses.items() if url == visit.resources[BUSINESS][1]["href"]]
    others = {scope: url for scope, url in addresses.items() if scope not in own}
    return _narrow(visit, role, "read", may_read(visit, role, others))


def _narrow(visit: Visit, role: str, verb: str, allowed: Allowed) -> Diagnosis:
    if allowed.held:
        scopes = ", ".join(sorted(allowed.held))
        return wrong(
            f"The token of client {role} is not narrower: it may {verb} what needs {scopes}.",
            _wanted(visit, role),
        )
    if allowed.odd or not allowed.lacking:
        why = allowed.odd[0] if allowed.odd else "there is nothing to ask"
        return unknown(
            f"Whether the token of client {role} is narrower is not known: {why}.",
            "Refusals for want of a scope say so (CORE-017).",
        )
    return fine(
        f"The token of client {role} is refused what needs {', '.join(sorted(allowed.lacking))}."
    )


def _wanted(visit: Visit, role: str) -> str:
    """Which scopes a narrower token is to have."""
    if not role.endswith("read_only"):
        return f"Issue {variable(role)} with the one scope to read the business."
    return f"Issue {variable(role)} with {', '.join(sorted(reads(visit)))}, and no scope to write."
