"""What the page tells of each key."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apikeys.models import ApiKey
from apikeys.pages.chart import Chart, chart_of
from apikeys.quotas import Quota, quotas_of
from usage.key_usage import usage_by_key

CHART_DAYS = 14
# Days before an expiry from which on the page says so: as the mails do.
EXPIRES_SOON = 7


@dataclass(frozen=True)
class Card:
    key: ApiKey
    chart: Chart
    quotas: Sequence[Quota]
    warnings: Sequence[str]


def cards(keys: Sequence[ApiKey], now: datetime) -> list[Card]:
    usage = usage_by_key([key.pk for key in keys], days=CHART_DAYS, now=now)
    quotas = quotas_of(keys, now)
    return [
        Card(key, chart_of(usage[key.pk].series), quotas[key], list(_warnings(key, quotas[key], now)))
        for key in keys
    ]


def _warnings(key: ApiKey, quotas: Sequence[Quota], now: datetime) -> Iterator[str]:
    if key.expires_at is not None and now < key.expires_at <= now + timedelta(days=EXPIRES_SOON):
        days = -((now - key.expires_at) // timedelta(days=1))
        yield ngettext("Expires within a day.", "Expires within %(days)d days.", days) % {"days": days}
    for quota in quotas:
        if quota.is_used_up:
            until = f"{quota.resets_at:%Y-%m-%d %H:%M}"
            yield _("%(quota)s are used up. It is refused until %(until)s UTC.") % {
                "quota": quota.words,
                "until": until,
            }
        elif quota.is_near:
            yield _("%(quota)s are used: %(percent)d %%.") % {"quota": quota.words, "percent": quota.percent}
    if key.previous_valid_until is not None and key.previous_valid_until > now:
        until = f"{key.previous_valid_until:%Y-%m-%d %H:%M}"
        yield _("Its old secret still works until %(until)s UTC.") % {"until": until}
