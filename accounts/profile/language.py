"""The language that somebody is written to in."""

from contextlib import AbstractContextManager

from django.conf import settings
from django.utils import translation

from accounts.models import Preferences, User


def in_language_of(user: User | None) -> AbstractContextManager[None]:
    """What they chose in their profile; who has chosen none, or is not known, is spoken to as now."""
    chosen = Preferences.objects.filter(user=user).values_list("language", flat=True).first() if user else ""
    known = chosen if chosen in dict(settings.LANGUAGES) else translation.get_language()
    return translation.override(known)
