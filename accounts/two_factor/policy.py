"""Who must show a second factor, and which sessions have."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django_otp import DEVICE_ID_SESSION_KEY

from accounts.models import User
from accounts.two_factor.devices import KINDS, people_with_second_factor

Session = Mapping[str, Any]


def is_required(user: User) -> bool:
    """Whether the person has to set one up."""
    return user.is_staff or settings.REQUIRE_2FA


def is_satisfied(user: User, session: Session) -> bool:
    """Whether a session in which the person is signed in may do anything.

    Asked with every request: a session from before the second factor was there is out at once.
    """
    return satisfied([(user, session)])[0]


def satisfied(signed_in: Sequence[tuple[User, Session]]) -> list[bool]:
    """`is_satisfied` of each, in a handful of queries however many they are."""
    verified = _owners({session.get(DEVICE_ID_SESSION_KEY, "") for _, session in signed_in})
    shown = [verified.get(session.get(DEVICE_ID_SESSION_KEY, "")) == user.pk for user, session in signed_in]
    unshown = {user.pk for (user, _), is_shown in zip(signed_in, shown, strict=True) if not is_shown}
    bound = people_with_second_factor(unshown) if unshown else set()
    return [
        is_shown or not (is_required(user) or user.pk in bound)
        for (user, _), is_shown in zip(signed_in, shown, strict=True)
    ]


def _owners(persistent_ids: Collection[str]) -> dict[str, UUID]:
    """Whose the confirmed devices among them are."""
    owners: dict[str, UUID] = {}
    for kind in KINDS:
        prefix = f"{kind.model_label()}/"
        ids = [text.removeprefix(prefix) for text in persistent_ids if text.startswith(prefix)]
        if ids:
            rows = kind.objects.filter(pk__in=ids, confirmed=True).values_list("pk", "user_id")
            owners |= {f"{prefix}{pk}": user_id for pk, user_id in rows}
    return owners
