"""What reading a file came to."""

from dataclasses import dataclass

# Of one file's text. More is cut: no model could take it.
MAX_CHARACTERS = 2_000_000
MAX_PAGES = 2_000
TOO_MUCH = "needs more memory to be read than the portal gives it."


class Unreadable(Exception):
    """Why, for the person whose file it is, as the end of a sentence that begins with its name."""


@dataclass(frozen=True)
class Reading:
    """`text` for a model to read, or `view`, an image drawn anew for it to look at. `note` says what of the
    file is not in it."""

    kind: str
    media_type: str
    text: str = ""
    note: str = ""
    pages: int | None = None
    view: bytes = b""
    view_type: str = ""


def clean(text: str) -> str:
    """Without what no database can store and nobody can see."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c >= " " or c in "\n\t\f").encode("utf-8", "ignore").decode()


def page_mark(number: int) -> str:
    return f"\n[Page {number}]\n"
