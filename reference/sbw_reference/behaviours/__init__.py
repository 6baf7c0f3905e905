"""What a resource does beyond the registry, as named hooks.

The hooks are `seed(tenant, name) -> (id, body)`, the first record of a singleton in a business
with that id and name; `before_write(body, current) -> body`, which sees the body to be stored and
the one before (None for a new record); `after_commit(record)`; and
`compute(view, parameters) -> items`, the items of a query. The registry names them
`module.function` in this package or `module:function` anywhere; a function of that name in a
module named as the type is found too.
"""

from collections.abc import Callable
from importlib import import_module, util
from typing import Any

from sbw_reference.errors import UsageError
from sbw_validator.standard import Resource

Hook = Callable[..., Any]


def hook(resource: Resource, name: str) -> Hook | None:
    """Return a hook of a resource, None if it has none."""
    place = resource.hooks.get(name)
    if place is None:
        module = f"{__name__}.{resource.type}"
        if util.find_spec(module) is None:
            return None
        found: Hook | None = getattr(import_module(module), name, None)
        return found
    module, colon, function = place.partition(":")
    if not colon:
        module, _, function = f"{__name__}.{place}".rpartition(".")
    try:
        named: Hook = getattr(import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise UsageError(
            f"The registry's hook {name} of {resource.type} is {place!r}, which cannot be "
            f"imported ({error}); name a function that exists."
        ) from error
    return named
