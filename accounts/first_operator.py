"""The one-time link that makes the first operator of a fresh portal."""

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.crypto import constant_time_compare

_SALT = "accounts.first_operator"
_MAX_AGE = 24 * 60 * 60


def setup_link() -> str:
    """Valid for a day, and only while there is no operator: the first use ends it."""
    token = signing.dumps("first operator", salt=_SALT)
    return settings.BASE_URL + reverse("first-operator", args=[token])


def is_valid(token: str) -> bool:
    try:
        value = signing.loads(token, salt=_SALT, max_age=_MAX_AGE)
    except signing.BadSignature:
        return False
    return constant_time_compare(value, "first operator")
