"""Bodies like another one: with what is true made false, with near twins, without an array."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from sbw_conformance.checks import pointers

Body = dict[str, Any]
Accepts = Callable[[Body], bool]

FEW = 3
"""Members that are tried: to look at a body that is wrong is dear."""


def varied(example: Body, accepts: Accepts) -> Body:
    """An example with nothing that is true, and with an element like the first in each array.

    What is not accepted of it stays as it is in the example.
    """
    body = example
    for place, value in pointers.leaves(example):
        if value is True:
            body = _first(body, [pointers.put(body, place, new=False)], accepts)
    for place in pointers.objects(example):
        above, _, number = place.rpartition("/")
        items = pointers.at(body, above)
        if number == "0" and isinstance(items, list):
            choice = (pointers.put(body, above, [*items, twin]) for twin in _twins(items[0]))
            body = _first(body, choice, accepts)
    return body


def without_an_array(example: Body, accepts: Accepts) -> Body:
    """An example without the last of its arrays that it can do without."""
    arrays = [n for n in example if isinstance(example[n], list) and n != "external_ids"]
    choice = ({n: v for n, v in example.items() if n != gone} for gone in reversed(arrays))
    return _first(example, choice, accepts)


def _first(body: Body, choice: Iterator[Body] | list[Body], accepts: Accepts) -> Body:
    return next((one for one in choice if accepts(one)), body)


def _twins(element: Body) -> Iterator[Body]:
    """The element without one of its last members."""
    for name in islice(reversed(element), FEW):
        yield {other: value for other, value in element.items() if other != name}
