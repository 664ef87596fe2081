"""Numbers as people read them. What is not known is a dash."""

from decimal import ROUND_HALF_UP, Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _

NOT_KNOWN = "–"
_SIZES = ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k"))
_FROM = 10_000_000


def count(value: float | None) -> str:
    """`1,234,567`"""
    return NOT_KNOWN if value is None else number_format(round(value), force_grouping=True)


def short_count(value: float) -> str:
    """`1.2M`, for where there is little room."""
    for size, letter in _SIZES:
        if value >= size:
            return f"{_plain(Decimal(value) / size, 1 if value < 100 * size else 0)}{letter}"
    return _plain(Decimal(value), 2)


def glance(value: int) -> str:
    """Whole as long as that is read at a glance."""
    return count(value) if value < _FROM else short_count(value)


def money(value: float | Decimal | None) -> str:
    """To the last digit of a ledger row: `12.50`, `0.000123`."""
    if value is None:
        return NOT_KNOWN
    exact = Decimal(str(value)).normalize()
    places = max(2, -int(exact.as_tuple().exponent))
    return number_format(f"{exact:.{places}f}", force_grouping=True)


def short_money(value: float | Decimal) -> str:
    """Two places; of less than a tenth the first two digits."""
    amount = Decimal(str(value))
    if amount >= 10_000:
        return short_count(float(amount))
    if amount >= Decimal("0.1") or not amount:
        return number_format(f"{_rounded(amount, 2):f}", force_grouping=True)
    return money(_rounded(amount, 1 - amount.adjusted()))


def duration(milliseconds: float | None) -> str:
    """`850 ms`, `1.24 s`, `2 min 5 s`"""
    if milliseconds is None:
        return NOT_KNOWN
    if milliseconds < 1000:
        return _("%(number)s ms") % {"number": _plain(Decimal(milliseconds), 0)}
    seconds = Decimal(milliseconds) / 1000
    if seconds < 60:
        return _("%(number)s s") % {"number": _plain(seconds, 2 if seconds < 10 else 1)}
    minutes, rest = divmod(round(seconds), 60)
    return _("%(minutes)s min %(seconds)s s") % {"minutes": count(minutes), "seconds": rest}


def near_duration(milliseconds: float | None) -> str:
    """Of percentiles, which are known to five percent: two digits."""
    if not milliseconds:
        return duration(milliseconds)
    exact = Decimal(milliseconds)
    return duration(float(_rounded(exact, 1 - exact.adjusted())))


def near_exact_duration(milliseconds: float | None) -> str:
    return NOT_KNOWN if milliseconds is None else f"≈ {exact_duration(milliseconds)}"


def exact_duration(milliseconds: float | None) -> str:
    return NOT_KNOWN if milliseconds is None else _("%(number)s ms") % {"number": count(milliseconds)}


def percent(value: float | None) -> str:
    """`2.5 %`"""
    return NOT_KNOWN if value is None else _("%(number)s %%") % {"number": _plain(Decimal(str(value)), 2)}


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _plain(value: Decimal, places: int) -> str:
    """At most so many places, and none of them idle."""
    text = f"{_rounded(value, places):f}"
    return number_format(text.rstrip("0").rstrip(".") if "." in text else text, force_grouping=True)
