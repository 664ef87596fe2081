"""Days and times as people write them, short. What is given must be in the reader's time zone."""

from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.translation import pgettext


def day(at: date) -> str:
    """`5 Nov`"""
    return date_format(at, pgettext("date format", "j M"))


def day_of_month(at: date) -> str:
    """`5 November`"""
    return date_format(at, pgettext("date format", "j F"))


def day_and_year(at: date) -> str:
    """`5 Nov 2026`"""
    return date_format(at, pgettext("date format", "j M Y"))


def weekday(at: date) -> str:
    """`Thu, 5 Nov 2026`"""
    return date_format(at, pgettext("date format", "D, j M Y"))


def minute(at: datetime) -> str:
    """`5 Nov 2026, 09:30`"""
    return f"{day_and_year(at)}, {at:%H:%M}"


def second(at: datetime) -> str:
    """`5 Nov, 09:30:15`"""
    return f"{day(at)}, {at:%H:%M:%S}"
