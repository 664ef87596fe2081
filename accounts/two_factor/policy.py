"""Who must show a second factor, and which sessions have."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.models import Device

from accounts.models import User
from accounts.two_factor.devices import has_second_factor


def is_required(user: User) -> bool:
    """Whether the person has to set one up."""
    return user.is_staff or settings.REQUIRE_2FA


def verified_device(user: User, session: Mapping[str, Any]) -> Device | None:
    device = Device.from_persistent_id(session.get(DEVICE_ID_SESSION_KEY, ""))
    return device if device and device.user_id == user.pk and device.confirmed else None


def is_satisfied(user: User, session: Mapping[str, Any]) -> bool:
    """Whether a session in which the person is signed in may do anything.

    Asked with every request: a session from before the second factor was there is out at once.
    """
    if verified_device(user, session) is not None:
        return True
    return not is_required(user) and not has_second_factor(user)
