"""Setting a second factor up, and taking it away."""

from base64 import b32encode
from collections.abc import MutableMapping
from typing import Any

import django_otp
import segno
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import User
from accounts.two_factor.backup_codes import codes_of, renew_codes
from accounts.two_factor.devices import has_second_factor, passkeys_of, second_factors_of
from accounts.two_factor.notices import note_added, note_removed
from accounts.two_factor.policy import is_required
from accounts.two_factor.trust import forget_all_browsers
from accounts.two_factor.verification import check, plain
from portal.web.errors import BadParameter, Conflict

Session = MutableMapping[str, Any]
_ENROLLING = "enrolling"


def begin_authenticator(session: Session, *, user: User) -> TOTPDevice:
    """The same secret while the session lasts, so that a reload keeps the scanned one.

    Never one that another session has seen: whoever knew only the password would hold the second factor
    that its owner turns on later.
    """
    device = unconfirmed_of(session, user)
    if device is None:
        device = TOTPDevice.objects.create(user=user, name="Authenticator app", confirmed=False)
        session[_ENROLLING] = device.pk
    return device


def unconfirmed_of(session: Session, user: User) -> TOTPDevice | None:
    return TOTPDevice.objects.filter(pk=session.get(_ENROLLING), user=user, confirmed=False).first()


def confirm_authenticator(session: Session, *, user: User, code: str) -> tuple[TOTPDevice, list[str]]:
    """The device, and the backup codes when they are new. It takes the place of all earlier ones."""
    device = unconfirmed_of(session, user)
    if device is None:
        raise BadParameter(_("Set an authenticator app up first."), "code")
    check(device, plain(code))
    with transaction.atomic():
        TOTPDevice.objects.filter(user=user).exclude(pk=device.pk).delete()
        TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
        device.refresh_from_db()
        note_added(user=user, details={"kind": "authenticator app"})
        return device, new_backup_codes(user=user)


def new_backup_codes(*, user: User) -> list[str]:
    """Only when the person has none."""
    return [] if codes_of(user) else renew_codes(user=user)


@transaction.atomic
def remove_device(*, user: User, device: Device) -> None:
    """With the last second factor its stand-ins go too. Who must have one keeps the last."""
    device.delete()
    note_removed(user=user, details={"name": device.name})
    if not has_second_factor(user):
        _require_none_needed(user)
        _forget_stand_ins(user)


@transaction.atomic
def remove_everything(*, user: User) -> None:
    _require_none_needed(user)
    TOTPDevice.objects.filter(user=user).delete()
    passkeys_of(user).delete()
    note_removed(user=user, details={"name": "all"})
    _forget_stand_ins(user)


def _forget_stand_ins(user: User) -> None:
    StaticDevice.objects.filter(user=user).delete()
    forget_all_browsers(user=user)


def _require_none_needed(user: User) -> None:
    if is_required(user):
        raise Conflict(_("Your account needs a second factor. Set another one up first."))


def secret_of(device: TOTPDevice) -> str:
    """As authenticator apps take it: Base32."""
    return b32encode(device.bin_key).decode().rstrip("=")


def qr_code(device: TOTPDevice) -> str:
    """An SVG picture as a data URI."""
    return segno.make(device.config_url, error="m").svg_data_uri(scale=5, border=3, light="#fff")


def keep_session(request: HttpRequest, *, user: User) -> None:
    """The session that took its own device away goes on with another: the person has just confirmed it."""
    remaining = second_factors_of(user)
    if remaining:
        django_otp.login(request, remaining[0])
