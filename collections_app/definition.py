"""What may be said about an item and a collection: each field's rule, refused with the field's name in the
JSON API."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _

from accounts.access import User
from collections_app.models import ContentItem, ItemType
from collections_app.sources import message_key
from portal.web.errors import BadParameter, NotFound
from portal.web.text import require_plain_text, require_storable

MAX_TITLE = 200
MAX_CONTENT = 200_000
MAX_DESCRIPTION = 2000
MAX_LANGUAGE = 50
MAX_TAGS = 20
MAX_TAG = 50
MAX_NAME = 100
MAX_ICON = 50
DEFAULT_COLOR = "#6B7280"
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")
_ADDRESS = re.compile(r"https?://[^\s/]\S*")


def _refused(param: str, words: str) -> BadParameter:
    """`words` are for people, too: the form shows them at its field."""
    return BadParameter(f"{param}: {words}", param)


def checked_item(user: User, fields: Mapping[str, Any], item: ContentItem | None = None) -> dict[str, Any]:
    """The model's fields for what a person said of `item`, or of a new one. Raises `BadParameter`; a field
    nobody knows is a mistake in our own code."""
    said = dict(fields)
    values: dict[str, Any] = {}
    if "source_message_id" in said:
        values["source_message_id"] = _source(user, said.pop("source_message_id"))
    for name, value in said.items():
        field, check = _ITEM_CHECKS[name]
        values[field] = check(value)
    kind = values.get("type", item and item.type)
    content = values.get("content", item and item.content)
    if kind == ItemType.LINK and not _ADDRESS.fullmatch((content or "").strip()):
        raise _refused("content", _("of a link, an address that begins with http:// or https://."))
    return values


def checked_collection(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _COLLECTION_CHECKS[name](value) for name, value in fields.items()}


def checked_type(value: str) -> str:
    if value not in ItemType:
        raise BadParameter(f"type: choose from {', '.join(ItemType)}.", "type")
    return value


def checked_tags(values: Sequence[str]) -> list[str]:
    """In their order, each once, however it is capitalised."""
    once: dict[str, str] = {}
    for number, value in enumerate(values):
        tag = checked_tag(value, f"tags[{number}]")
        once.setdefault(tag.casefold(), tag)
    if len(once) > MAX_TAGS:
        raise _refused("tags", _("at most %(most)d.") % {"most": MAX_TAGS})
    return list(once.values())


def checked_tag(value: str, param: str) -> str:
    tag = _line(value, param, MAX_TAG)
    if "," in tag or '"' in tag:
        raise _refused(param, _("no commas or quotes."))
    return tag


def _source(user: User, public_id: str | None) -> Any:
    if public_id is None:
        return None
    try:
        return message_key(user, public_id)
    except NotFound as error:
        raise BadParameter(f"sourceMessageId: {error}", "sourceMessageId") from None


def _line(value: str, param: str, maximum: int, minimum: int = 1) -> str:
    text = value.strip()
    require_plain_text(text, param)
    if not minimum <= len(text) <= maximum:
        words = _("%(least)d to %(most)d characters.") % {"least": minimum, "most": maximum}
        raise _refused(param, words)
    return text


def _title(value: str) -> str:
    return _line(value, "title", MAX_TITLE)


def _content(value: str) -> str:
    require_storable(value, "content")
    if not value.strip() or len(value) > MAX_CONTENT:
        raise _refused("content", _("1 to %(most)s characters.") % {"most": intcomma(MAX_CONTENT)})
    return value


def _description(value: str | None) -> str:
    text = (value or "").strip()
    require_storable(text, "description")
    if len(text) > MAX_DESCRIPTION:
        words = _("at most %(most)s characters.") % {"most": intcomma(MAX_DESCRIPTION)}
        raise _refused("description", words)
    return text


def _language(value: str | None) -> str:
    return _line(value or "", "language", MAX_LANGUAGE, 0)


def _name(value: str) -> str:
    return _line(value, "name", MAX_NAME)


def _color(value: str | None) -> str:
    color = DEFAULT_COLOR if value is None else value
    if not _COLOR.fullmatch(color):
        raise BadParameter("color: #RRGGBB, such as #8B5CF6.", "color")
    return color.upper()


def _icon(value: str | None) -> str:
    return _line(value or "", "icon", MAX_ICON, 0)


# What a person says → the model's field, and its rule.
_ITEM_CHECKS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "type": ("type", checked_type),
    "title": ("title", _title),
    "content": ("content", _content),
    "description": ("description", _description),
    "language": ("language", _language),
    "tags": ("tags", checked_tags),
    "favorite": ("is_favorite", bool),
}
_COLLECTION_CHECKS: dict[str, Callable[[Any], Any]] = {
    "name": _name,
    "description": _description,
    "color": _color,
    "icon": _icon,
}
