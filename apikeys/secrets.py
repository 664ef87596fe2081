"""What a key looks like: `sk-wm-`, 40 random base62 characters, 6 of their CRC-32.

The checksum lets leak scanners recognise a key, and a typo fail without a database look-up.
"""

import hashlib
import secrets
import string
import zlib

PREFIX = "sk-wm-"
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM_LENGTH = 40
_CHECKSUM_LENGTH = 6
LENGTH = len(PREFIX) + _RANDOM_LENGTH + _CHECKSUM_LENGTH


def generate() -> str:
    random = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_LENGTH))
    return PREFIX + random + _checksum(random)


def is_well_formed(secret: str) -> bool:
    if len(secret) != LENGTH or not secret.startswith(PREFIX) or not secret.isascii():
        return False
    random = secret[len(PREFIX) : -_CHECKSUM_LENGTH]
    return secret.endswith(_checksum(random))


def digest(secret: str) -> str:
    """SHA-256 in hex. The secret has 238 random bits, so a slow hash would add nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()


def hint(secret: str) -> str:
    """Enough to tell keys apart on a page: `sk-wm-abcd…wxyz`."""
    return f"{secret[: len(PREFIX) + 4]}…{secret[-4:]}"


def _checksum(text: str) -> str:
    number = zlib.crc32(text.encode())
    digits = []
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
