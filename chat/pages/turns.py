"""The turns of a session as the page shows them: a page of the branch at a time, the end first."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chat import reasons
from chat.attachments import references
from chat.conversations import branches
from chat.conversations.sources import with_notes
from chat.conversations.stored_parts import parts_of
from chat.conversations.turns import generation_id
from chat.gateway.request import Text, Thinking, ToolCall, ToolResult
from chat.models import Message, PublicModel, Session
from chat.models.conversation import MessageStatus
from collections_app.access import kept_from
from portal.rendering.markdown import render as render_markdown
from portal.web.ids import decode, encode

# A screenful or two: what is older is read when somebody scrolls there.
PAGE_SIZE = 30
Turn = dict[str, Any]


@dataclass(frozen=True)
class TurnsPage:
    """`earlier` is the message before which there is more."""

    turns: list[Turn]
    earlier: str | None
    active: Mapping[str, str] | None
    context: Mapping[str, int] | None = None


def page_of_turns(session: Session, *, before: str | None = None) -> TurnsPage:
    tree = branches.tree_of(session)
    path = tree.path(session.current_id)
    end = _position(path, before)
    start = max(0, end - PAGE_SIZE)
    messages = branches.read(session, path[start:end])
    results = _results(messages)
    kept = kept_from(session.user_id, [message.pk for message in messages])
    turns = [
        {**_turn(message, tree.versions(message.pk), results), "kept": kept.get(message.pk, ())}
        for message in messages
        if _is_shown(message)
    ]
    earlier = encode(Message.id_prefix, path[start]) if start else None
    return TurnsPage(turns, earlier, _active(messages), _context(messages))


def turns_of(messages: Sequence[Message]) -> list[Turn]:
    """Of messages that are no tree: nothing but what was said."""
    results = _results(messages)
    return [_turn(message, [message.pk], results) for message in messages if _is_shown(message)]


def _position(path: list[UUID], before: str | None) -> int:
    message = decode(Message.id_prefix, before) if before else None
    return path.index(message) if message in path else len(path)


def _is_shown(message: Message) -> bool:
    """What a program's tools answered has no words for people: it stands with the call."""
    return bool(message.text or message.attachments) or message.role == "assistant"


def _turn(message: Message, versions: list[UUID], results: Mapping[str, str]) -> Turn:
    parts = parts_of(message) if message.parts else ()
    usage = message.usage
    return {
        "id": message.public_id,
        "session": encode(Session.id_prefix, message.session_id),
        "role": message.role,
        "html": _html(message),
        "text": message.text,
        "model": message.model,
        "status": message.status,
        "error": reasons.shown(message.error),
        "thoughts": "\n\n".join(part.text for part in parts if isinstance(part, Thinking) and part.text),
        "thought_seconds": None if message.thought_ms is None else max(1, round(message.thought_ms / 1000)),
        "steps": [_step(part, results) for part in parts if isinstance(part, ToolCall)],
        "attachments": references.shown(message.attachments),
        "input_tokens": message.input_tokens,
        "output_tokens": message.output_tokens,
        "cost": usage.cost if usage else None,
        "seconds": usage.duration_ms / 1000 if usage and usage.duration_ms is not None else None,
        "rating": message.rating,
        "said_at": message.created_at,
        **_versions(message.pk, versions),
    }


def _html(message: Message) -> str:
    if message.role != "assistant":
        return ""
    return render_markdown(with_notes(message.text, message.citations))


def _versions(message: UUID, versions: list[UUID]) -> Turn:
    index = versions.index(message)
    ids = [encode(Message.id_prefix, version) for version in versions]
    return {
        "version": index + 1,
        "versions": len(ids),
        "previous": ids[index - 1] if index else None,
        "next": ids[index + 1] if index + 1 < len(ids) else None,
    }


def _results(messages: Sequence[Message]) -> dict[str, str]:
    """What tools answered, by the id of the call."""
    parts = [part for message in messages if message.parts for part in parts_of(message)]
    return {
        part.call_id: "\n".join(inner.text for inner in part.content if isinstance(inner, Text))
        for part in parts
        if isinstance(part, ToolResult)
    }


def _step(call: ToolCall, results: Mapping[str, str]) -> dict[str, str]:
    try:
        arguments = json.dumps(json.loads(call.arguments), indent=2, ensure_ascii=False)
    except ValueError:
        arguments = call.arguments
    return {"name": call.name, "arguments": arguments, "result": results.get(call.id, "")}


def _context(messages: Sequence[Message]) -> dict[str, int] | None:
    """How full the model's context is after the last answer, in tokens; None where nobody knows."""
    last = next((message for message in reversed(messages) if message.role == "assistant"), None)
    model = PublicModel.objects.filter(name=last.model).first() if last else None
    if last is None or model is None or not model.context_window or not last.input_tokens:
        return None
    used = last.input_tokens + last.output_tokens
    percent = min(100, round(100 * used / model.context_window))
    return {"used": used, "window": model.context_window, "percent": percent}


def _active(messages: Sequence[Message]) -> dict[str, str] | None:
    writing = next((message for message in messages if message.status == MessageStatus.STREAMING), None)
    return {"id": generation_id(writing), "answer": writing.public_id} if writing else None
