"""Sessions and messages as the JSON API takes and shows them."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from chat.models import Message, Session
from portal.web.ids import encode
from portal.web.pagination import PageQuery
from portal.web.reading import Body
from portal.web.times import rfc3339


class NewSession(Body, frozen=True):
    title: str | UnsetType = UNSET
    model: str | UnsetType = UNSET
    pinned: bool | UnsetType = UNSET
    archived: bool | UnsetType = UNSET
    folder: str | UnsetType | None = UNSET
    system_prompt: str | UnsetType | None = UNSET
    temperature: float | UnsetType | None = UNSET


class SessionChange(NewSession, frozen=True):
    """What PATCH may change. Null takes it out of its folder, and a setting back to the model's own."""


class SessionQuery(PageQuery, frozen=True):
    """A filter left out filters nothing; an empty `folder` is none."""

    search: Annotated[str, Meta(max_length=200)] = ""
    pinned: bool | None = None
    archived: bool | None = None
    folder: Annotated[str, Meta(max_length=100)] | None = None


class MessageQuery(PageQuery, frozen=True):
    """`branch`: the one that is shown, or all of them."""

    order: Literal["asc", "desc"] = "desc"
    branch: Literal["current", "all"] = "current"


class MessageChange(Body, frozen=True):
    rating: str | UnsetType | None = UNSET
    rating_reason: str | UnsetType | None = UNSET


class AttachmentNote(Body, frozen=True):
    """An upload's answer may be sent as it came: what it says beside the first five is not kept."""

    name: str
    type: str
    size: int
    url: str
    id: str | None = None
    kind: Any = None
    pages: Any = None
    preview_url: Any = None
    message: Any = None
    note: Any = None
    created_at: Any = None

    def kept(self) -> dict[str, Any]:
        told = {"name": self.name, "type": self.type, "size": self.size, "url": self.url}
        return told if self.id is None else {**told, "id": self.id}


class NewMessage(Body, frozen=True):
    content: str
    role: str = "user"
    model: str | None = None
    attachments: list[AttachmentNote] = []

    def fields(self) -> dict[str, Any]:
        notes = [note.kept() for note in self.attachments]
        return {"role": self.role, "content": self.content, "model": self.model, "attachments": notes}


class NewMessageIn(NewMessage, frozen=True, kw_only=True):
    session_id: str


def session_object(session: Session) -> dict[str, Any]:
    return {
        "id": session.public_id,
        "title": session.title,
        "model": session.model,
        "pinned": session.is_pinned,
        "archived": session.is_archived,
        "folder": session.folder or None,
        "systemPrompt": session.system_prompt or None,
        "temperature": session.temperature,
        "createdAt": rfc3339(session.created_at),
        "updatedAt": rfc3339(session.updated_at),
    }


def message_object(message: Message) -> dict[str, Any]:
    """`requestId` names the ledger's record of an answer."""
    return {
        "id": message.public_id,
        "sessionId": encode("ses", message.session_id),
        "parentId": encode("msg", message.parent_id) if message.parent_id else None,
        "role": message.role,
        "content": message.text,
        "parts": None if message.parts is None else [_part(part) for part in message.parts],
        "citations": message.citations or [],
        "model": message.model or None,
        "attachments": message.attachments,
        "status": message.status,
        "error": message.error or None,
        "requestId": encode("req", message.usage_id) if message.usage_id else None,
        "inputTokens": message.input_tokens,
        "outputTokens": message.output_tokens,
        "rating": message.rating or None,
        "ratingReason": message.rating_reason or None,
        "createdAt": rfc3339(message.created_at),
    }


_NAMES = {"call_id": "callId", "is_error": "isError", "media_type": "mediaType"}


def _part(part: dict[str, Any]) -> dict[str, Any]:
    """Files are told of, not told: their data stays out of lists."""
    told = {_NAMES.get(name, name): value for name, value in part.items() if name != "data"}
    if part["type"] == "tool_result":
        told["content"] = [_part(inner) for inner in part["content"]]
    return told
