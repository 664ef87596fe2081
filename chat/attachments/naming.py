"""Names of uploaded files, made fit to be stored, shown and sent (battery W04)."""

import re
import unicodedata

from chat.attachments.kinds import ENDINGS

LENGTH = 200
_NAMELESS = "file"
_FOLDERS = re.compile(r"[/\\]")
# Of what would change the look of a name, or end it early.
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
# No system likes them in names.
_RESERVED = str.maketrans('<>:"|?*', "_______")


def ending_of(name: str) -> str:
    """In lower case; a name without a dot is its own ending, as `Dockerfile` is."""
    ending = name.rpartition(".")[2].lower()
    return ending if ending.isascii() and ending.isalnum() and len(ending) <= 20 else ""


def plain(name: str) -> str:
    """The last part of a path, without what cannot be seen."""
    last = _FOLDERS.split(name)[-1]
    seen = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c) not in _UNSEEN)
    return _shortened(seen.translate(_RESERVED).strip(" .") or _NAMELESS)


def fitting(name: str, media_type: str) -> str:
    """With an ending that says what it is, where its bytes are of a kind of their own: no picture is called
    `.html`."""
    endings = ENDINGS.get(media_type)
    return name if endings is None or ending_of(name) in endings else _shortened(f"{name}.{endings[0]}")


def _shortened(name: str) -> str:
    if len(name) <= LENGTH:
        return name
    stem, dot, ending = name.rpartition(".")
    tail = dot + ending if stem and len(ending) <= 20 else ""
    return name[: LENGTH - len(tail)] + tail
