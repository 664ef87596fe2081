"""Tables of what each part had of the whole: of models, keys, people, …"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from usage.reports import Figures

SHOWN = 10


@dataclass(frozen=True)
class Name:
    """`href` leads to its figures alone, `page` to where it is looked after, if there is such a place."""

    text: str
    href: str = ""
    page: str = ""


@dataclass(frozen=True)
class Part:
    """`share` in whole percent of the cost; of the requests where nothing cost anything."""

    name: Name
    figures: Figures
    share: int


@dataclass(frozen=True)
class Shares:
    """The first `SHOWN`, and how many more there are."""

    parts: Sequence[Part]
    more: int


def shares(split: Sequence[tuple[Any, Figures]], named: Callable[[Any], Name], shown: int = SHOWN) -> Shares:
    """`split` as `reports.split` sorts it."""
    cost = sum((figures.cost for _value, figures in split), Decimal(0))
    requests = sum(figures.requests for _value, figures in split)

    def part(value: Any, figures: Figures) -> Part:
        of_all = figures.cost / cost if cost else Decimal(figures.requests) / (requests or 1)
        return Part(named(value), figures, round(100 * of_all))

    return Shares([part(*each) for each in split[:shown]], max(0, len(split) - shown))
