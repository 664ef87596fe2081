"""Signing browsers out. Sockets hear of it within seconds (`people_signed_in` is asked again and again)."""

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from redis.exceptions import RedisError

from accounts.models import User
from accounts.security_log import Event, address_in, record

# Seconds between two notes of when a browser was last seen.
SEEN_PRECISION = 60


def note_signed_in(request: HttpRequest) -> None:
    """Also of those that come another way than allauth's, such as through the admin."""
    if address_in(request.META):
        UserSession.objects.create_from_request(request)


def note_seen(request: HttpRequest) -> None:
    key = request.session.session_key
    if key and address_in(request.META) and _is_due(key):
        UserSession.objects.create_from_request(request)


def sign_out_browser(*, user: User, browser: UserSession, request: HttpRequest) -> None:
    record(user=user, event=Event.SESSION_ENDED, request=request, details={"address": browser.ip})
    browser.end()


def sign_out_others(*, user: User, request: HttpRequest) -> int:
    """Every browser but the one that asks; returns how many."""
    others = UserSession.objects.filter(user=user).exclude(session_key=request.session.session_key)
    count = _end(others)
    record(user=user, event=Event.SESSIONS_ENDED, request=request, details={"browsers": count})
    return count


def sign_out_everywhere(*, user: User) -> int:
    """For those who say why in the log themselves."""
    return _end(UserSession.objects.filter(user=user))


def _is_due(session_key: str) -> bool:
    try:
        return bool(cache.add(f"seen:{salted_hmac('seen', session_key).hexdigest()}", 1, SEEN_PRECISION))
    except RedisError:
        # No page fails for want of a note.
        return False


def _end(browsers: QuerySet[UserSession]) -> int:
    keys = list(browsers.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    browsers.delete()
    return len(keys)
