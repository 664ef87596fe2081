"""Items as cards: what of them is shown before they are opened."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import nh3
from django.utils.safestring import SafeString, mark_safe

from accounts.access import User
from collections_app.files import file_of
from collections_app.models import ContentItem, ItemType
from collections_app.pages.notes import beginning_of_note, whole_note
from collections_app.sources import source_addresses
from portal.search.words import excerpt, marked
from portal.web.highlight import coloured

_LINES, _CHARACTERS = 10, 600
# A file of this portal's. What lies elsewhere is linked: it would be fetched as soon as it is shown.
_OWN_FILE = re.compile(r"/uploads/([\w-]+)(/[^\s/]+)?")
_CODE = nh3.Cleaner(tags={"span"}, attributes={"span": {"class"}})


@dataclass(frozen=True)
class Card:
    """`code`, `note` and `text` are safe HTML. `href` is where a link, an image or a file leads, `host` what
    to call it; `image` is one that may be shown."""

    item: ContentItem
    title: SafeString
    code: SafeString | None = None
    note: SafeString | None = None
    text: SafeString | None = None
    href: str = ""
    host: str = ""
    image: str = ""
    is_own: bool = True
    # Where the message is that it was saved from.
    source: str = ""

    @property
    def icon(self) -> str:
        return str(self.item.type).lower()


def cards(items: Iterable[ContentItem], words: Sequence[str] = (), *, viewer: User) -> list[Card]:
    """Where something came from is shown to whose it is."""
    shown = list(items)
    sources = source_addresses(item for item in shown if item.user_id == viewer.pk)
    return [
        replace(_card(item, words), source=sources.get(item.pk, ""), is_own=item.user_id == viewer.pk)
        for item in shown
    ]


def whole_card(item: ContentItem, *, viewer: User) -> Card:
    """With all its content."""
    is_own = item.user_id == viewer.pk
    source = source_addresses([item] if is_own else []).get(item.pk, "")
    return replace(_card(item, (), is_whole=True), source=source, is_own=is_own)


def public_card(item: ContentItem, address: str, *, is_whole: bool = False) -> Card:
    """For people without an account: files of the portal's are at `address`, and only if they are there."""
    card = _card(item, (), is_whole=is_whole)
    if not _OWN_FILE.fullmatch(card.href):
        return replace(card, image="")
    if file_of(item) is None:
        return replace(card, href="", image="")
    image = card.image and f"{address}?{'view' if is_whole else 'small'}"
    return replace(card, href=address, host=item.title, image=image)


def _card(item: ContentItem, words: Sequence[str], *, is_whole: bool = False) -> Card:
    """With what was found of the `words`."""
    title, content = marked(item.title, words), item.content
    if item.type in (ItemType.LINK, ItemType.IMAGE, ItemType.FILE):
        href = _address(content.strip())
        image = _shown(href, is_whole) if item.type == ItemType.IMAGE else ""
        if href:
            return Card(item, title, href=href, host=urlsplit(href).hostname or "", image=image)
    if not is_whole:
        content = _beginning(content)
    if item.type == ItemType.CODE:
        return Card(item, title, code=_safe_code(content, item.language))
    found = excerpt(item.content, words) if words and not is_whole else ""
    if item.type == ItemType.NOTE and not found:
        return Card(item, title, note=(whole_note if is_whole else beginning_of_note)(content))
    return Card(item, title, text=found or marked(content, ()))


def _safe_code(code: str, language: str) -> SafeString:
    return mark_safe(_CODE.clean(coloured(code, language)))  # noqa: S308 - cleaned


def _address(text: str) -> str:
    """Nothing that could run in the page that links it."""
    is_address = re.fullmatch(r"https?://[^\s/]\S*", text) or _OWN_FILE.fullmatch(text)
    return text if is_address else ""


def _shown(address: str, is_whole: bool) -> str:
    """The portal's own drawing of an image it has; in a list a small one."""
    own = _OWN_FILE.fullmatch(address)
    return f"/uploads/{own[1]}{'' if is_whole else '?small'}" if own else ""


def _beginning(text: str) -> str:
    short = "\n".join(text.splitlines()[:_LINES])[:_CHARACTERS]
    return short if short == text.rstrip() else f"{short} …"
