"""ChatGPT's data export: `conversations.json`, each conversation a tree of nodes in `mapping`.

Newer exports have it in several files, `conversations-000.json` and so on.
"""

import re
from typing import Any

from chat.imports.conversation import (
    Conversation,
    Node,
    Turn,
    arranged,
    last_shown,
    told_dict,
    told_list,
    told_text,
    told_time,
)

# Marks of its own for citations, between private characters.
_MARKS = re.compile("\ue200[^\ue201]{0,1000}\ue201")
_SHOWN = ("text", "multimodal_text", "code")


def recognises(document: dict[str, Any]) -> bool:
    return isinstance(document.get("mapping"), dict)


def read(document: dict[str, Any]) -> Conversation:
    """Raises `Unreadable`."""
    nodes = {key: _node(key, told_dict(value)) for key, value in document["mapping"].items()}
    turns = arranged(nodes)
    return Conversation(
        source=f"chatgpt:{told_text(document.get('conversation_id')) or told_text(document.get('id'))}",
        title=told_text(document.get("title")),
        turns=turns,
        current=last_shown(nodes, turns, told_text(document.get("current_node"))),
        model=told_text(document.get("default_model_slug")),
        created_at=told_time(document.get("create_time")),
        updated_at=told_time(document.get("update_time")),
        is_archived=document.get("is_archived") is True,
        is_pinned=document.get("is_starred") is True,
    )


def _node(key: str, node: dict[str, Any]) -> Node:
    return Node(key, told_text(node.get("parent")) or None, _turn(key, told_dict(node.get("message"))))


def _turn(key: str, message: dict[str, Any]) -> Turn | None:
    """None for what the program keeps from its own page: instructions, tools at work, thoughts."""
    role = told_text(told_dict(message.get("author")).get("role"))
    content, about = told_dict(message.get("content")), told_dict(message.get("metadata"))
    is_hidden = (
        role not in ("user", "assistant")
        or message.get("weight") == 0
        or message.get("recipient") not in (None, "all")
        or about.get("is_visually_hidden_from_conversation") is True
        or content.get("content_type") not in (None, *_SHOWN)
    )
    text = "" if is_hidden else _text(content)
    if not text:
        return None
    model = told_text(about.get("model_slug")) if role == "assistant" else ""
    return Turn(key, None, role, text, model, told_time(message.get("create_time")))


def _text(content: dict[str, Any]) -> str:
    if content.get("content_type") == "code":
        code = told_text(content.get("text")).strip()
        return f"```\n{code}\n```" if code else ""
    parts = [_part(part) for part in told_list(content.get("parts"))]
    return _MARKS.sub("", "\n\n".join(part for part in parts if part)).strip()


def _part(part: Any) -> str:
    """Files are not in `conversations.json`: where they were is said."""
    if isinstance(part, str):
        return told_text(part)
    kind = told_text(told_dict(part).get("content_type"))
    if kind == "audio_transcription":
        return told_text(part.get("text"))
    return "*[image]*" if kind == "image_asset_pointer" else "*[file]*" if kind else ""
