"""What may be said about a session and a message: each field's rule, refused with the field's name in the
JSON API."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from accounts.access import User
from chat import access
from chat.attachments.limits import MAX_BYTES, MAX_FILES
from chat.models import Message
from chat.models.conversation import Rating, TitleBy
from portal.web.errors import BadParameter, NotFound
from portal.web.text import require_plain_text, require_storable

MAX_TEXT = 200_000
MAX_TITLE = 200
MAX_FOLDER = 100
MAX_SYSTEM_PROMPT = 20_000
MAX_RATING_REASON = 500
TEMPERATURES = (0.0, 2.0)
MAX_MODEL_NAME = 200
ROLES = ("user", "assistant")
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,120}", re.ASCII)
# Anything else could run in the page that shows it as a link.
_ADDRESS = re.compile(r"(https?://|/(?!/))\S+")


def checked_session(user: User, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The model's fields for what a person said. Raises `BadParameter`; a field nobody knows is a mistake in
    our own code."""
    values: dict[str, Any] = {}
    for name, value in fields.items():
        field, check = _SESSION_CHECKS[name]
        values[field] = check(value)
    if "title" in values:
        values["title_by"] = TitleBy.PERSON
    if "model" in values:
        _require_model(user, values["model"])
    return values


def checked_message(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Raises `BadParameter`."""
    role, content = fields["role"], fields["content"]
    attachments = [_attachment(each, number) for number, each in enumerate(fields["attachments"])]
    if role not in ROLES:
        raise BadParameter(f"role: choose from {', '.join(ROLES)}.", "role")
    require_storable(content, "content")
    if len(content) > MAX_TEXT or not (content.strip() or attachments):
        raise BadParameter(f"content: 1 to {MAX_TEXT:,} characters.", "content")
    if len(attachments) > MAX_FILES:
        raise BadParameter(f"attachments: at most {MAX_FILES} in one message.", "attachments")
    model = _line(fields["model"], "model", MAX_MODEL_NAME) if fields["model"] is not None else ""
    return {"role": role, "text": content, "model": model, "attachments": attachments}


def checked_rating(message: Message, fields: Mapping[str, Any]) -> dict[str, Any]:
    """None takes the rating back, and its reason with it. Raises `BadParameter`."""
    rating, reason = fields.get("rating", message.rating) or "", fields.get("rating_reason", "") or ""
    if message.role != "assistant":
        raise BadParameter("rating: only answers are rated.", "rating")
    if rating and rating not in Rating:
        raise BadParameter(f"rating: choose from {', '.join(Rating)}, or null.", "rating")
    require_storable(reason, "ratingReason")
    if len(reason) > MAX_RATING_REASON or (reason and not rating):
        raise BadParameter(
            f"ratingReason: at most {MAX_RATING_REASON} characters, of a rating.", "ratingReason"
        )
    return {"rating": rating, "rating_reason": reason.strip()}


def _attachment(said: Mapping[str, Any], number: int) -> dict[str, Any]:
    at = f"attachments[{number}]"
    for name in ("name", "type", "url", "id"):
        require_plain_text(said.get(name) or "", f"{at}.{name}")
    if not 0 < len(said["name"]) <= 255:
        raise BadParameter(f"{at}.name: 1 to 255 characters.", f"{at}.name")
    if not _MEDIA_TYPE.fullmatch(said["type"]):
        raise BadParameter(f"{at}.type: a media type such as application/pdf.", f"{at}.type")
    if not 0 <= said["size"] <= MAX_BYTES:
        raise BadParameter(f"{at}.size: 0 to {MAX_BYTES} bytes.", f"{at}.size")
    if len(said["url"]) > 2000 or not _ADDRESS.fullmatch(said["url"]):
        raise BadParameter(f"{at}.url: a path of this portal, or http(s)://…", f"{at}.url")
    if len(said.get("id") or "") > 100:
        raise BadParameter(f"{at}.id: at most 100 characters.", f"{at}.id")
    return dict(said)


def _require_model(user: User, name: str) -> None:
    try:
        access.get_model(user, name)
    except NotFound as error:
        raise BadParameter(str(error), "model") from None


def _line(value: str, param: str, maximum: int) -> str:
    text = value.strip()
    require_plain_text(text, param)
    if not 0 < len(text) <= maximum:
        raise BadParameter(f"{param}: 1 to {maximum} characters.", param)
    return text


def _title(value: str) -> str:
    return _line(value, "title", MAX_TITLE)


def _folder(value: str | None) -> str:
    return "" if value is None else _line(value, "folder", MAX_FOLDER)


def _model(value: str) -> str:
    return _line(value, "model", MAX_MODEL_NAME)


def _system_prompt(value: str | None) -> str:
    text = (value or "").strip()
    require_storable(text, "systemPrompt")
    if len(text) > MAX_SYSTEM_PROMPT:
        raise BadParameter(f"systemPrompt: at most {MAX_SYSTEM_PROMPT:,} characters.", "systemPrompt")
    return text


def _temperature(value: float | None) -> float | None:
    least, most = TEMPERATURES
    if value is not None and not least <= value <= most:
        raise BadParameter(f"temperature: from {least:g} to {most:g}, or null.", "temperature")
    return value


# What a person says → the model's field, and its rule.
_SESSION_CHECKS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "title": ("title", _title),
    "model": ("model", _model),
    "pinned": ("is_pinned", bool),
    "archived": ("is_archived", bool),
    "folder": ("folder", _folder),
    "system_prompt": ("system_prompt", _system_prompt),
    "temperature": ("temperature", _temperature),
}
