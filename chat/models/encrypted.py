"""Text that is unreadable in the database (battery K02)."""

import base64
import hashlib
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


def _cipher() -> MultiFernet:
    """The first key encrypts; `SECRET_KEY_FALLBACKS` still decrypt, so the key can be rotated."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    derived = (
        hashlib.scrypt(key.encode(), salt=b"chat.encrypted", n=2**12, r=8, p=1, dklen=32) for key in keys
    )
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])


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
