"""Merge patches of a record: what of it can go, become shorter, be emptied, or change within."""

from collections.abc import Iterator
from typing import Any

from sbw_conformance.checks import bodies, pointers
from sbw_conformance.checks.fitting import Fit


def merge_patches(fit: Fit, example: dict[str, Any]) -> list[dict[str, Any]]:
    """Merge patches that leave the record valid: nulls, shorter and empty arrays, nested changes.

    Every member that can go is removed once, beside another that stays.
    """
    places = [
        f"{pointer}/{pointers.escape(name)}"
        for pointer in pointers.objects(example)
        if "*" not in pointers.kind_of(pointer).split("/")
        for name in (pointers.at(example, pointer) or {})
        if name != "external_ids"
    ]
    arrays = [place for place in places if isinstance(pointers.at(example, place), list)]
    top = [(place, None) for place in places if place.count("/") == 1]
    deep = [(place, None) for place in places if place.count("/") > 1]
    shorter = [(place, items) for place in arrays for items in _short(pointers.at(example, place))]
    groups: list[list[tuple[str, Any]]] = [top[0::2], top[1::2], deep[0::2], deep[1::2]]
    groups += [shorter, [(place, []) for place in arrays]]
    if fit.change:
        pointer, values = fit.change
        groups += [[(pointer, values[0])]]
        groups += [[(pointer, values[1]), *shorter[-1:], *top[-1:]]]
    return [patch for group in groups if (patch := _together(fit, example, group))]


def _short(items: list[Any]) -> Iterator[list[Any]]:
    """The first element alone: without one of its members, or as it is if it needs them all."""
    for name in reversed(items[0]) if items and isinstance(items[0], dict) else ():
        yield [{other: value for other, value in items[0].items() if other != name}]
    yield items[:1]


def _together(fit: Fit, example: dict[str, Any], group: list[tuple[str, Any]]) -> dict[str, Any]:
    """One patch of as many changes as go together, none within another."""
    patch: dict[str, Any] = {}
    done: list[str] = []
    for place, value in group:
        clear = all(
            not f"{place}/".startswith(f"{o}/") and not f"{o}/".startswith(f"{place}/")
            for o in done
        )
        more = _joined(patch, pointers.nested(place, value))
        if clear and fit.accepts(bodies.merged(example, more)):
            patch = more
            done.append(place)
    return patch


def _joined(one: Any, two: Any) -> Any:
    if not isinstance(one, dict) or not isinstance(two, dict):
        return two
    return {**one, **{name: _joined(one.get(name), value) for name, value in two.items()}}
