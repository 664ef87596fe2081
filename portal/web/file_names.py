"""Names of files that people are given: in any script, safe on any system."""

import re
import unicodedata

MAX_NAME = 80
# What some system's file names may not have.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def file_name(title: str, ending: str, nameless: str) -> str:
    """Nothing invisible, no path, no device. `nameless` goes before what is no name by itself."""
    plain = "".join(character for character in title if unicodedata.category(character)[0] != "C")
    plain = " ".join(_FORBIDDEN.sub(" ", plain).split())[:MAX_NAME].strip(". ")
    if not plain or _RESERVED.match(plain):
        plain = f"{nameless} {plain}".strip()
    return f"{plain}.{ending}"
