"""Values that are unreadable in the database (battery K02)."""

import base64
import hashlib
import json
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


def _cipher() -> MultiFernet:
    """The first key encrypts; `SECRET_KEY_FALLBACKS` still decrypt, so the key can be rotated."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([_derived(key) for key in keys])


@cache
def _derived(key: str) -> Fernet:
    """Deriving takes milliseconds, and the catalogue is read every second."""
    derived = hashlib.scrypt(key.encode(), salt=b"chat.encrypted", n=2**12, r=8, p=1, dklen=32)
    return Fernet(base64.urlsafe_b64encode(derived))


class EncryptedTextField(models.TextField):
    def get_prep_value(self, value: str | None) -> str | None:
        return _cipher().encrypt(value.encode()).decode() if value else value

    def from_db_value(self, value: str | None, *args: Any) -> str | None:
        if not value:
            return value
        try:
            return _cipher().decrypt(value).decode()
        except InvalidToken:
            # The key was changed without keeping the old one: the credential has to be entered again.
            return ""


class EncryptedHeadersField(EncryptedTextField):
    """HTTP headers as a dict; the values may be credentials too."""

    def get_prep_value(self, value: dict[str, str] | None) -> str | None:  # type: ignore[override]
        return super().get_prep_value(json.dumps(value) if value else "")

    def from_db_value(self, value: str | None, *args: Any) -> dict[str, str]:  # type: ignore[override]
        return json.loads(super().from_db_value(value, *args) or "{}")

    def to_python(self, value: Any) -> dict[str, str]:
        return json.loads(value or "{}") if isinstance(value, str) else value or {}
