"""Mail to a key's owner: it expires soon, or a quota of its is nearly or wholly used. Each once."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Q
from django.template.loader import render_to_string

from accounts.profile.language import in_language_of
from apikeys.limits import Kind, period
from apikeys.models import ApiKey, KeyNotice
from apikeys.quotas import quotas_of

log = logging.getLogger(__name__)

# Days before the expiry, the nearest first.
EXPIRY_DAYS = (1, 7)
# Percent of a quota, the most first.
QUOTA_PERCENT = (100, 80)
_BATCH = 500
# Longer than any period in which one may come only once.
_KEPT = timedelta(days=100)


@dataclass(frozen=True)
class Notice:
    """`template` is the mail's; `period` what "once" is counted in."""

    key: ApiKey
    occasion: str
    period: str
    template: str
    details: dict[str, Any]


def send_due(now: datetime) -> int:
    """Returns how many mails went out. One that cannot be sent is tried again next time."""
    KeyNotice.objects.filter(sent_at__lt=now - _KEPT).delete()
    return sum(_send_once(notice) for notice in (*_expiries(now), *_quotas(now)))


def _expiries(now: datetime) -> Iterator[Notice]:
    rows = _live().filter(expires_at__gt=now, expires_at__lte=now + timedelta(days=max(EXPIRY_DAYS)))
    for key in rows.iterator(_BATCH):
        days = min(days for days in EXPIRY_DAYS if key.expires_at <= now + timedelta(days=days))
        # Whoever made a key for a week has just been told that it is for a week.
        if key.expires_at - key.created_at > timedelta(days=days):
            details = {"days": days, "expires_at": key.expires_at}
            yield Notice(key, f"expiry-{days}", key.expires_at.isoformat()[:32], "expiry", details)


def _quotas(now: datetime) -> Iterator[Notice]:
    """Of keys that were used this month: the others have used nothing."""
    has_quota = (
        Q(daily_limit__isnull=False) | Q(monthly_limit__isnull=False) | Q(monthly_cost_limit__isnull=False)
    )
    month, _ = period(Kind.TOKENS_PER_MONTH, now)
    rows = list(_live().filter(has_quota, last_used_at__gte=month))
    for start in range(0, len(rows), _BATCH):
        yield from _of_quotas(rows[start : start + _BATCH], now)


def _of_quotas(keys: Sequence[ApiKey], now: datetime) -> Iterator[Notice]:
    for key, quotas in quotas_of(keys, now).items():
        for quota in quotas:
            reached = next((percent for percent in QUOTA_PERCENT if quota.percent >= percent), None)
            if reached is not None:
                since, _ = period(quota.kind, now)
                occasion = f"{quota.kind.name.lower()}-{reached}"
                details = {"quota": quota, "percent": reached}
                yield Notice(key, occasion, since.date().isoformat(), "quota", details)


def _live() -> Any:
    rows = ApiKey.objects.filter(revoked_at=None, is_enabled=True, user__is_active=True)
    return rows.select_related("user")


def _send_once(notice: Notice) -> bool:
    """Noted first: of two that send at a time one is told that it is done."""
    place = {"key": notice.key, "occasion": notice.occasion, "period": notice.period}
    row, is_new = KeyNotice.objects.get_or_create(**place)
    if not is_new:
        return False
    context = {"key": notice.key, "page": f"{settings.BASE_URL}/keys", **notice.details}
    with in_language_of(notice.key.user):
        subject = render_to_string(f"apikeys/email/{notice.template}_subject.txt", context).strip()
        message = render_to_string(f"apikeys/email/{notice.template}_message.txt", context)
    try:
        send_mail(subject, message, None, [notice.key.user.email])
    except (SMTPException, OSError):
        row.delete()
        log.exception("A notice about the key %s could not be sent.", notice.key.public_id)
        return False
    return True
