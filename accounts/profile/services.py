"""What people choose for themselves."""

import zoneinfo
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction

from accounts.models import MAX_INSTRUCTIONS, Preferences, Theme, User
from accounts.profile.pictures import portrait
from portal.web.errors import BadParameter

MAX_NAME = 150


def update_profile(*, user: User, changes: Mapping[str, str]) -> None:
    """Names of `changes`: name, language, time_zone, theme, default_model, instructions.

    Raises `BadParameter` for a value that cannot be chosen, and then changes nothing.
    """
    clean = {field: _checked(field, value) for field, value in changes.items()}
    with transaction.atomic():
        if "name" in clean:
            user.name = clean.pop("name")
            user.save(update_fields=["name"])
        if clean:
            Preferences.objects.update_or_create(user=user, defaults=clean)


def change_picture(*, user: User, upload: Any) -> None:
    """`upload` is an open file. Raises `BadParameter` for anything but a picture."""
    data = portrait(upload)
    preferences, _ = Preferences.objects.get_or_create(user=user)
    before = preferences.picture.name
    preferences.picture.save("", ContentFile(data))
    _discard(preferences, before)


def remove_picture(*, user: User) -> None:
    preferences = Preferences.objects.filter(user=user).exclude(picture="").first()
    if preferences is not None:
        before, preferences.picture = preferences.picture.name, ""
        preferences.save(update_fields=["picture"])
        _discard(preferences, before)


def _discard(preferences: Preferences, key: str) -> None:
    if key:
        storage = preferences.picture.storage
        transaction.on_commit(lambda: storage.delete(key))


def _checked(field: str, value: str) -> str:
    value = value.strip()
    if "\x00" in value:
        raise BadParameter(f"{field}: holds a NUL character.", field)
    if not _RULES[field](value):
        raise BadParameter(f"{field}: {value[:50]!r} cannot be chosen.", field)
    return value


_RULES = {
    "name": lambda value: len(value) <= MAX_NAME and value.isprintable(),
    "language": lambda value: not value or value in dict(settings.LANGUAGES),
    "time_zone": lambda value: not value or value in zoneinfo.available_timezones(),
    "theme": lambda value: value in Theme.values,
    "default_model": lambda value: len(value) <= 200,
    "instructions": lambda value: len(value) <= MAX_INSTRUCTIONS,
}
