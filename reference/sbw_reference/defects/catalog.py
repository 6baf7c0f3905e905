"""Mistakes with prices and taxes."""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sbw_reference.defects.defect import WRITTEN, Defect, kept, writing

Body = dict[str, Any]
CENT = Decimal("0.01")
PRICES, CATEGORY, PERCENT = "prices", "category", "percent"
NOT_SUBJECT = "O"


def _cents(text: str) -> str:
    return f"{Decimal(text).quantize(CENT, ROUND_HALF_UP):f}".replace("-0.00", "0.00")


def _prices(change: Callable[[list[Body]], list[Body]]) -> Callable[[Body], Body]:
    """Change the prices of a product."""

    def changed(body: Body) -> Body:
        found = body.get(PRICES)
        return {**body, PRICES: change(found)} if isinstance(found, list) else body

    return changed


def _each(name: str, change: Callable[[str], str]) -> Callable[[list[Body]], list[Body]]:
    """Change a member of each element."""
    return lambda items: [{**item, name: change(item[name])} for item in items]


def _column_of_percents(body: Body) -> Body:
    return {**body, PERCENT: _cents(body[PERCENT])} if PERCENT in body else body


def _zero_for_nothing(body: Body) -> Body:
    missing = body.get(CATEGORY) == NOT_SUBJECT and PERCENT not in body
    return {**body, PERCENT: "0"} if missing else body


def _in_lists(change: Callable[[Body], Body]) -> Any:
    """Change how records look in lists."""

    def make(original: Any) -> Any:
        def serialise(record: Body, operation: str, grant: Any) -> Body:
            shown: Body = original(record, operation, grant)
            return change(shown) if operation == "list" else shown

        return serialise

    return make


DEFECTS = (
    Defect(
        "currencies-in-lower-case-in-lists",
        "Lists show the currencies of prices as the index of the search has them",
        ("CATALOG-001", "CORE-046"),
        ("list=200",),
        "serialise",
        _in_lists(_prices(_each("currency", str.lower))),
        types=("product",),
    ),
    Defect(
        "tax-rates-without-category-in-lists",
        "Lists show of a tax rate what a menu needs, and no category",
        ("CATALOG-001", "CORE-046"),
        ("list=200",),
        "serialise",
        _in_lists(lambda body: {k: v for k, v in body.items() if k != CATEGORY}),
        types=("tax_rate",),
    ),
    Defect(
        "prices-in-cents",
        "A price has a column of two decimals",
        ("CORE-040",),
        writing(PRICES),
        "keep",
        kept(_prices(_each("amount", _cents))),
        types=("product",),
    ),
    Defect(
        "prices-by-amount",
        "Prices are sorted by their amounts",
        ("CORE-040",),
        writing(PRICES),
        "keep",
        kept(_prices(lambda items: sorted(items, key=lambda item: Decimal(item["amount"])))),
        types=("product",),
    ),
    Defect(
        "percents-of-two-decimals",
        "The percent of a tax rate has a column of two decimals",
        ("T1", "CORE-040"),
        WRITTEN,
        "keep",
        kept(_column_of_percents),
        types=("tax_rate",),
    ),
    Defect(
        "no-tax-is-zero-percent",
        "A tax rate without a percent gets one of 0",
        ("T2", "CORE-040"),
        WRITTEN,
        "keep",
        kept(_zero_for_nothing),
        types=("tax_rate",),
    ),
)
