"""Text that people type in (battery B04)."""

import unicodedata

from portal.web.errors import BadParameter


def require_plain_text(text: str, param: str) -> None:
    """One line that every database can store: no control characters, NUL first, and no half of a pair."""
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise BadParameter(f"{param}: control characters are not allowed.", param)
