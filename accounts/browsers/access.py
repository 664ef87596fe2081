"""Who is signed in where."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts.browsers.devices import describe
from accounts.browsers.places import place_of
from accounts.models import User
from accounts.two_factor.policy import satisfied
from portal.web.errors import NotFound


@dataclass(frozen=True)
class Browser:
    id: int
    device: str
    address: str
    place: str
    signed_in_at: datetime
    seen_at: datetime
    is_this: bool


def browsers_of(user: User, session_key: str | None = None) -> list[Browser]:
    """The one that asks first, then those seen last."""
    rows = UserSession.objects.purge_and_list(user)
    browsers = [_browser(row, session_key) for row in rows]
    return sorted(browsers, key=lambda browser: (not browser.is_this, -browser.seen_at.timestamp()))


def get_browser(user: User, browser_id: int) -> UserSession:
    row = UserSession.objects.filter(user=user, pk=browser_id).first()
    if row is None:
        raise NotFound("There is no such browser.")
    return row


def people_signed_in(session_keys: Collection[str]) -> dict[str, User]:
    """Those of the sessions that are alive, and whose: in a few queries, however many.

    A session dies by signing out, with time, with its person being disabled, and with their password; it
    sleeps while it lacks the second factor it needs.
    """
    rows = Session.objects.filter(session_key__in=session_keys, expire_date__gt=timezone.now())
    sessions = {row.session_key: row.get_decoded() for row in rows}
    ids = {data[SESSION_KEY] for data in sessions.values() if SESSION_KEY in data}
    people = {str(user.pk): user for user in User.objects.filter(pk__in=ids, is_active=True)}
    alive = {
        key: (people[data[SESSION_KEY]], data)
        for key, data in sessions.items()
        if data.get(SESSION_KEY) in people
        and _fits(people[data[SESSION_KEY]], data.get(HASH_SESSION_KEY, ""))
    }
    verdicts = satisfied(list(alive.values()))
    return {key: user for (key, (user, _)), may in zip(alive.items(), verdicts, strict=True) if may}


def _fits(user: User, stored_hash: str) -> bool:
    return constant_time_compare(stored_hash, user.get_session_auth_hash())


def _browser(row: UserSession, session_key: str | None) -> Browser:
    return Browser(
        id=row.pk,
        device=describe(row.user_agent),
        address=row.ip,
        place=place_of(row.ip),
        signed_in_at=row.created_at,
        seen_at=row.last_seen_at,
        is_this=row.session_key == session_key,
    )
