"""Browsers in which the second factor is not asked for thirty days."""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django_otp.models import Device

from accounts.models import Event, TrustedBrowser, User
from accounts.security_log import record
from accounts.two_factor.devices import second_factors_of
from portal.web.errors import NotFound
from portal.web.ids import decode

LIFETIME = timedelta(days=30)
_SALT = "accounts.two_factor.trust"


def trusted_device(request: HttpRequest, user: User) -> Device | None:
    """The device that stands for this browser's word; None in a browser that is not trusted (any more)."""
    try:
        token = request.get_signed_cookie(_cookie(user), salt=_SALT, max_age=LIFETIME)
    except (KeyError, signing.BadSignature):
        return None
    browser = browsers_of(user).filter(digest=_digest(token)).first()
    factors = second_factors_of(user)
    if browser is None or not factors or not constant_time_compare(browser.binding, _binding(user, factors)):
        return None
    TrustedBrowser.objects.filter(pk=browser.pk).update(last_used_at=timezone.now())
    return factors[0]


def trust_browser(request: HttpRequest, response: HttpResponseBase, *, user: User) -> None:
    token = secrets.token_urlsafe(32)
    TrustedBrowser.objects.create(
        user=user,
        digest=_digest(token),
        binding=_binding(user, second_factors_of(user)),
        label=request.headers.get("User-Agent", "").replace("\0", "")[:200],
        expires_at=timezone.now() + LIFETIME,
    )
    record(user=user, event=Event.BROWSER_TRUSTED, request=request)
    response.set_signed_cookie(
        _cookie(user),
        token,
        salt=_SALT,
        max_age=LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def browsers_of(user: User) -> QuerySet[TrustedBrowser]:
    return TrustedBrowser.objects.filter(user=user, expires_at__gt=timezone.now())


def forget_browser(*, user: User, public_id: str) -> None:
    deleted, _ = browsers_of(user).filter(pk=decode(TrustedBrowser.id_prefix, public_id)).delete()
    if not deleted:
        raise NotFound("There is no such browser.")


def forget_all_browsers(*, user: User) -> None:
    TrustedBrowser.objects.filter(user=user).delete()


def _cookie(user: User) -> str:
    return f"trusted_{user.pk.hex}"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _binding(user: User, factors: list[Device]) -> str:
    """Another password or another set of devices ends the trust."""
    held = ",".join(sorted(device.persistent_id for device in factors))
    return salted_hmac(_SALT, f"{user.pk}|{user.password}|{held}").hexdigest()
