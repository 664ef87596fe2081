"""How a figure has changed since the period before: an arrow, and words that say the same."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from usage.dashboard.numbers import count, percent

Direction = Literal["up", "down", "same", "none"]
Number = int | float | Decimal
_TIMES_FROM = 3


@dataclass(frozen=True)
class Change:
    """`is_bad`, `is_good`: where more is not just more."""

    direction: Direction
    words: str
    is_good: bool = False
    is_bad: bool = False


# More and less, each as a share of what was before.
_AMOUNT = (gettext_lazy("%(share)s more"), gettext_lazy("%(share)s less"))
_TIME = (gettext_lazy("%(share)s slower"), gettext_lazy("%(share)s faster"))
_RATE = (
    pgettext_lazy("a rate in percent", "%(points)s points more"),
    pgettext_lazy("a rate in percent", "%(points)s points less"),
)


def of_amount(now: Number | None, before: Number | None) -> Change:
    """How much there is of something: no judgement."""
    return _relative(now, before, _AMOUNT)


def of_time(now: Number | None, before: Number | None) -> Change:
    return _judged(_relative(now, before, _TIME))


def of_rate(now: float | None, before: float | None) -> Change:
    """Of errors, in percent of all: the difference, as a ratio of ratios is hard to read."""
    if now is None or before is None:
        return _nothing_before()
    difference = round(now - before, 2)
    if not difference:
        return _as_before()
    words = _RATE[difference < 0] % {"points": percent(abs(difference)).removesuffix("%").strip()}
    return _judged(Change("up" if difference > 0 else "down", words))


def _relative(now: Number | None, before: Number | None, words: tuple[object, object]) -> Change:
    if now is None or not before:
        return _nothing_before() if before is None or now is None else _out_of_nothing(now)
    ratio = float(now) / float(before)
    share = round(100 * abs(ratio - 1))
    if not share:
        return _as_before()
    if ratio >= _TIMES_FROM and words is _AMOUNT:
        return Change("up", _("%(count)s times as much") % {"count": count(ratio)})
    return Change("up" if ratio > 1 else "down", str(words[ratio < 1]) % {"share": percent(share)})


def _judged(change: Change) -> Change:
    return Change(
        change.direction, change.words, is_good=change.direction == "down", is_bad=change.direction == "up"
    )


def _out_of_nothing(now: Number) -> Change:
    return Change("up", _("none before")) if now else _as_before()


def _nothing_before() -> Change:
    return Change("none", _("no earlier data"))


def _as_before() -> Change:
    return Change("same", _("as before"))


Compare = Callable[[Number | None, Number | None], Change]
