"""Who did what to an account, when, and from where. Lines are added; none is changed or taken away."""

from collections.abc import Mapping
from typing import Protocol

from allauth.core import context
from django.conf import settings
from django.db.models import QuerySet

from accounts.models import Event, SecurityEvent, User
from portal.web.client_address import client_address

__all__ = ["Detail", "Event", "events_of", "record"]

Detail = str | int | bool | None | list[str]
_MAX_AGENT = 300


class HasMeta(Protocol):
    """A request of Django's or of REST framework's."""

    META: Mapping[str, str]


def record(
    *,
    user: User | None,
    event: Event,
    request: HasMeta | None = None,
    actor: User | None = None,
    details: Mapping[str, Detail] | None = None,
) -> SecurityEvent:
    """`user` is whom it is about; `actor` who did it, when that is somebody else.

    `request` says from where; not given, it is the one being served, if any. `details` are shown to the
    person and to operators: never a secret.
    """
    request = request or context.request
    meta: Mapping[str, str] = request.META if request is not None else {}
    return SecurityEvent.objects.create(
        user=user,
        actor=actor or user,
        event=event,
        address=address_in(meta),
        user_agent=printable(meta.get("HTTP_USER_AGENT", ""))[:_MAX_AGENT],
        details={name: _stored(value) for name, value in (details or {}).items()},
    )


def events_of(user: User) -> QuerySet[SecurityEvent]:
    """Newest first."""
    return SecurityEvent.objects.filter(user=user)


def address_in(meta: Mapping[str, str]) -> str | None:
    return client_address(
        meta.get("REMOTE_ADDR", ""), meta.get("HTTP_X_FORWARDED_FOR", ""), settings.TRUSTED_PROXIES
    )


def printable(text: str) -> str:
    """PostgreSQL stores no NUL, and a log should hold nothing a terminal obeys."""
    return "".join(character for character in text if character.isprintable())


def _stored(value: Detail) -> Detail:
    return printable(value)[:300] if isinstance(value, str) else value
