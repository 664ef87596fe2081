"""What a person holds beside the password: django-otp's devices."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp_webauthn.models import WebAuthnCredential

from accounts.models import User
from portal.web.errors import NotFound

KINDS: tuple[type[Device], ...] = (TOTPDevice, StaticDevice, WebAuthnCredential)


def authenticator_of(user: User) -> TOTPDevice | None:
    """The confirmed one."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).first()


def passkeys_of(user: User) -> QuerySet[WebAuthnCredential]:
    return WebAuthnCredential.objects.filter(user=user, confirmed=True).order_by("created_at")


def get_passkey(user: User, number: int) -> WebAuthnCredential:
    passkey = passkeys_of(user).filter(pk=number).first()
    if passkey is None:
        raise NotFound("There is no such passkey.")
    return passkey


def has_second_factor(user: User) -> bool:
    return bool(people_with_second_factor({user.pk}))


def people_with_second_factor(user_ids: Collection[UUID]) -> set[UUID]:
    """Backup codes alone are none: they only stand in for one."""
    totp = TOTPDevice.objects.filter(user_id__in=user_ids, confirmed=True)
    passkeys = WebAuthnCredential.objects.filter(user_id__in=user_ids, confirmed=True)
    return set(
        totp.values_list("user_id").union(passkeys.values_list("user_id")).values_list("user_id", flat=True)
    )


def second_factors_of(user: User) -> list[Device]:
    authenticator = authenticator_of(user)
    return [*([authenticator] if authenticator else []), *passkeys_of(user)]
