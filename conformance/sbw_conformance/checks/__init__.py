"""The checks: what is asked of a provider, one function each, and the catalogue of them all.

Three kinds. A *scenario* reads like its requirement and talks to the provider. An *observer* is a
pure function that looks at every exchange of the run. A *program* draws sequences of operations
and compares the provider with a model.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sbw_conformance.checks.records import Records


@dataclass(frozen=True)
class Check:
    """One check. Its id is `module.function` and never changes once it is scored.

    `needs` names the operations and list parameters that a resource has to offer, `shapes` and
    `types` narrow the resources further. A check with a `Records` parameter runs once for each
    resource, any other once a run; `unclaimed` checks run for resources that are not claimed too,
    checks that go `alone` when all others are done, one at a time. For those that go `once` the
    first resource that has what it takes stands for all. A `seldom` observer looks at answers that
    not every run sees.
    """

    id: str
    kind: str
    requirements: tuple[str, ...]
    title: str
    function: Callable[..., Any]
    needs: frozenset[str] = frozenset()
    shapes: frozenset[str] = frozenset()
    types: frozenset[str] | None = None
    unclaimed: bool = False
    alone: bool = False
    seldom: bool = False
    once: bool = False

    @property
    def parameters(self) -> Mapping[str, type]:
        """The parameters of the function with their classes; `object` for a generic type."""
        return _parameters(self.function)

    @property
    def per_resource(self) -> bool:
        """Whether it runs once for each resource."""
        return any(issubclass(kind, Records) for kind in self.parameters.values())

    @property
    def roles(self) -> tuple[str, ...]:
        """Clients that it acts as."""
        kinds = self.parameters.values()
        return tuple(sorted({kind.role for kind in kinds if issubclass(kind, Records)} | {"a1"}))

    @property
    def module(self) -> str:
        """The first part of its id."""
        return self.id.partition(".")[0]


def check(  # noqa: PLR0913  # each says where it runs
    *requirements: str,
    needs: Iterable[str] = (),
    shapes: Iterable[str] = (),
    types: Iterable[str] | None = None,
    unclaimed: bool = False,
    alone: bool = False,
    once: bool = False,
) -> Callable[[Callable[..., None]], Check]:
    """Make a scenario of a function that asserts these requirements.

    `shapes` and `types` narrow the resources it runs for, as `once` does to one of them;
    `unclaimed` widens them to those that the provider does not claim.
    """

    def wrap(function: Callable[..., None]) -> Check:
        kinds = None if types is None else frozenset(types)
        return Check(
            _id(function),
            "scenario",
            requirements,
            _title(function),
            function,
            frozenset(needs),
            frozenset(shapes),
            kinds,
            unclaimed,
            alone,
            once=once,
        )

    return wrap


def observer(
    *requirements: str, needs: Iterable[str] = (), seldom: bool = False
) -> Callable[[Callable[..., Any]], Check]:
    """Make an observer of a pure function `(Exchange, View) -> findings`.

    It answers None where it has nothing to say of an exchange. Without a requirement given, the
    function names the schema requirement of the record's class.
    """

    def wrap(function: Callable[..., Any]) -> Check:
        return Check(
            _id(function),
            "observer",
            requirements,
            _title(function),
            function,
            frozenset(needs),
            seldom=seldom,
        )

    return wrap


def program(
    *requirements: str,
    needs: Iterable[str] = (),
    shapes: Iterable[str] = (),
    alone: bool = False,
    once: bool = False,
) -> Callable[[Callable[..., Any]], Check]:
    """Make a program of a function `(Records, steps) -> None`.

    One that goes `alone` is dealt the moves that do, and any other one the rest.
    """

    def wrap(function: Callable[..., Any]) -> Check:
        return Check(
            _id(function),
            "program",
            requirements,
            _title(function),
            function,
            frozenset(needs),
            frozenset(shapes),
            alone=alone,
            once=once,
        )

    return wrap


@cache
def catalog() -> tuple[Check, ...]:
    """All checks of this package in the order of their ids."""
    found: dict[str, Check] = {}
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        for value in vars(importlib.import_module(module.name)).values():
            members = value if isinstance(value, tuple) else (value,)
            for member in members:
                if isinstance(member, Check) and found.setdefault(member.id, member) is not member:
                    raise ValueError(f"two checks are called {member.id}")
    return tuple(found[key] for key in sorted(found))


@cache
def _parameters(function: Callable[..., Any]) -> Mapping[str, type]:
    given = inspect.signature(function).parameters
    kinds = {name: parameter.annotation for name, parameter in given.items()}
    return {name: kind if inspect.isclass(kind) else object for name, kind in kinds.items()}


def _id(function: Callable[..., Any]) -> str:
    module = function.__module__.removeprefix(f"{__name__}.").partition(".")[0]
    return f"{module}.{function.__name__}"


def _title(function: Callable[..., Any]) -> str:
    return (inspect.getdoc(function) or function.__name__.replace("_", " ")).splitlines()[0]
