"""The text of a new sbw.yaml: keys with comments, names of variables and never a secret."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from sbw_conformance.target import ROLES, SCOPED, variable

WHO = {
    "a1": "business a through the first app",
    "a2": "business a through another app",
    "b1": "another business",
}
NARROW = {
    "read_only": "has only the scopes to read",
    "business_only": "has only the scope to read the business",
}
CLIENT = ("id", "secret")
COLUMN = 34

HEAD = """\
# What `sbw test` judges, and how it gets in; `sbw doctor` looks it over.
# This file holds no secrets: they stand in environment variables, whose names are here.
"""

TAIL = """
# What else there is; take the # away to use it.

# Lists show a write after so many seconds at most (the landing page says it too):
# settle_seconds: 0

# The fastest pace that the provider is to be asked at:
# pacing: {requests_per_second: 20}

# Failures that somebody answers for, until a day:
# waivers:
#   - requirement: CORE-041
#     owner: api-team@example.com
#     reason: The old mobile app sends no versions.
#     ticket: https://tracker.example.com/API-17
#     expires: 2027-03-31
"""


@dataclass(frozen=True)
class Choices:
    """What there is to write: a base URL, the clients by role, classes to judge.

    `narrower` names tokens of a1 with fewer scopes; with `client_credentials`, in place of tokens,
    the suite asks for those itself. `classes` are empty for all that are claimed.
    """

    target: str
    roles: tuple[str, ...] = ROLES
    narrower: bool = True
    classes: tuple[str, ...] = ()
    client_credentials: bool = False


def variables(choices: Choices) -> tuple[str, ...]:
    """The environment variables that the file names, in its order."""
    return tuple(name for _, _, names in _clients(choices) for name in names.values())


def text(choices: Choices) -> str:
    """The file."""
    target = json.dumps(choices.target, ensure_ascii=False)
    lines = [HEAD, f"target: {target}", "", "clients:"]
    scoped = False
    for path, comment, names in _clients(choices):
        if len(path) > 1 and not scoped:
            lines.append(f"    {path[1]}:")
            scoped = True
        indent = "  " * len(path)
        lines.append(_commented(f"{indent}{path[-1]}:", comment))
        lines += [f"{indent}  {key}: {name}" for key, name in names.items()]
    return "\n".join([*lines, "", *_classes(choices)]) + "\n" + TAIL


def _clients(choices: Choices) -> Iterator[tuple[tuple[str, ...], str, dict[str, str]]]:
    """Path below `clients`, comment, and the variables by key, of each client."""
    for role in choices.roles:
        names = {"token_env": variable(role)}
        if choices.client_credentials:
            prefix = variable(role).removesuffix("_TOKEN")
            names = {f"client_{part}_env": f"{prefix}_CLIENT_{part.upper()}" for part in CLIENT}
        yield (role,), WHO[role], names
        if role == "a1" and choices.narrower and not choices.client_credentials:
            for scope in SCOPED:
                name = variable(f"{role}.{scope}")
                yield (role, "scoped", scope), NARROW[scope], {"token_env": name}


def _classes(choices: Choices) -> list[str]:
    if choices.classes:
        return [_commented(f"classes: [{', '.join(choices.classes)}]", "only these are judged")]
    return [
        "# Judge only these classes, in place of all that the landing page claims:",
        "# classes: [contacts]",
    ]


def _commented(line: str, comment: str) -> str:
    return f"{line:<{COLUMN}}# {comment}"
