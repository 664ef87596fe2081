"""Text that people type in (battery B04)."""

import unicodedata

from portal.web.errors import BadParameter


def require_plain_text(text: str, param: str) -> None:
    """One line that every database can store: no control characters, NUL first, and no half of a pair."""
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise BadParameter(f"{param}: control characters are not allowed.", param)


def require_storable(text: str, param: str) -> None:
    """Any number of lines. NUL is the one character that PostgreSQL cannot store."""
    if "\x00" in text:
        raise BadParameter(f"{param}: NUL characters are not allowed.", param)


def one_line(text: str, length: int) -> str:
    """What others say of a person, made fit to be stored: nothing is refused, it is cut and cleaned."""
    plain = "".join(character for character in text if unicodedata.category(character) not in ("Cc", "Cs"))
    return plain.strip()[:length]
