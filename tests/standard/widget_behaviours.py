"""What the registry of the test standard cannot say: how widgets are found."""

from collections.abc import Iterator, Mapping
from typing import Any


def search(view: Any, parameters: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the widgets whose name holds a word, each with how much of the name the word is."""
    word = parameters["text"].casefold()
    for widget in view.records("widget"):
        name = widget["name"]
        if word not in name.casefold() or widget.get("quantity", 0) < parameters.get("at_least", 0):
            continue
        if widget.get("active", True) is not parameters.get("active", widget.get("active", True)):
            continue
        yield {
            "type": "widget_search",
            "widget": widget["id"],
            "name": name,
            "score": len(word) / len(name),
        }
