"""Checking a code, from the authenticator or from the list of backup codes."""

import math

import django_otp
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice

from accounts.attempts import count_attempt
from accounts.models import Event, User
from accounts.security_log import record
from accounts.two_factor.backup_codes import LENGTH
from accounts.two_factor.devices import authenticator_of
from portal.web.errors import BadParameter, TooManyRequests

TOTP_DIGITS = 6


def verify_code(request: HttpRequest, *, user: User, code: str) -> Device:
    """Raises `BadParameter` for a wrong code and `TooManyRequests` when it is not looked at."""
    count_attempt(request, "second_factor", key=str(user.pk))
    token = plain(code)
    try:
        device = check(_device_for(user, token), token)
    except BadParameter:
        record(user=user, event=Event.SECOND_FACTOR_FAILED)
        raise
    if isinstance(device, StaticDevice):
        record(user=user, event=Event.BACKUP_CODE_USED)
    return device


def _device_for(user: User, token: str) -> Device:
    """By the look of the code."""
    device: Device | None = None
    if len(token) == TOTP_DIGITS and token.isdigit():
        device = authenticator_of(user)
    elif len(token) == LENGTH and token.isalnum():
        device = StaticDevice.objects.filter(user=user, confirmed=True).first()
    if device is None:
        raise wrong_code()
    return device


def check(device: Device, token: str) -> Device:
    """django-otp locks the row: a code sent twice at once works once."""
    _require_no_wait(device)
    verified = django_otp.verify_token(device.user, device.persistent_id, token)
    if verified is None:
        raise wrong_code()
    return verified


def wrong_code() -> BadParameter:
    return BadParameter(_("This code is not right. A code works once, and only for half a minute."), "code")


def plain(code: str) -> str:
    """As people type it and as it is shown, made one."""
    token = code.replace(" ", "").replace("-", "").lower()
    return token if token.isascii() else ""


def _require_no_wait(device: Device) -> None:
    """After wrong codes django-otp waits, twice as long each time."""
    allowed, why = device.verify_is_allowed()
    if not allowed:
        seconds = math.ceil((why["locked_until"] - timezone.now()).total_seconds())
        message = _("Too many wrong codes. Wait %(seconds)s s, then try again.") % {"seconds": seconds}
        raise TooManyRequests(message, "code", retry_after=max(1, seconds))
