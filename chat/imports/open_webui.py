"""Open WebUI's export of chats: a list of rows, the messages a tree in `chat.history`."""

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

# What its page folds away, in the text of an answer.
_FOLDED = tuple(f'<details type="{kind}"' for kind in ("reasoning", "code_interpreter", "tool_calls"))
_FOLD_END = "</details>"


def recognises(document: dict[str, Any]) -> bool:
    chat = _chat(document)
    return isinstance(chat.get("history"), dict) or ("models" in chat and "messages" in chat)


def read(document: dict[str, Any]) -> Conversation:
    """Raises `Unreadable`."""
    chat = _chat(document)
    history = told_dict(chat.get("history"))
    messages = told_dict(history.get("messages")) or _as_tree(told_list(chat.get("messages")))
    nodes = {key: _node(key, told_dict(message)) for key, message in messages.items()}
    turns = arranged(nodes)
    models = [told_text(name) for name in told_list(chat.get("models"))]
    return Conversation(
        source=f"open-webui:{told_text(document.get('id')) or told_text(chat.get('id'))}",
        title=told_text(document.get("title")) or told_text(chat.get("title")),
        turns=turns,
        current=last_shown(nodes, turns, told_text(history.get("currentId"))),
        model=models[0] if models else "",
        created_at=told_time(document.get("created_at")) or told_time(chat.get("timestamp")),
        updated_at=told_time(document.get("updated_at")),
        is_pinned=document.get("pinned") is True,
        is_archived=document.get("archived") is True,
    )


def _chat(document: dict[str, Any]) -> dict[str, Any]:
    """Old exports have the chat itself, without a row around it."""
    return told_dict(document.get("chat")) or document


def _as_tree(messages: list[Any]) -> dict[str, Any]:
    """Older ones still have a mere list."""
    tree: dict[str, Any] = {}
    for number, message in enumerate(messages):
        parent = str(number - 1) if number else None
        tree[str(number)] = {**told_dict(message), "parentId": parent}
    return tree


def _node(key: str, message: dict[str, Any]) -> Node:
    role = told_text(message.get("role"))
    text = _without_folded(told_text(message.get("content"))).strip()
    for file in told_list(message.get("files")):
        kind = "image" if told_dict(file).get("type") == "image" else "file"
        text = f"{text}\n\n*[{kind}]*".strip()
    turn = None
    if role in ("user", "assistant") and text:
        model = told_text(message.get("model")) if role == "assistant" else ""
        turn = Turn(key, None, role, text, model, told_time(message.get("timestamp")))
    return Node(key, told_text(message.get("parentId")) or None, turn)


def _without_folded(text: str) -> str:
    kept, rest = [], text
    while True:
        begins = [at for mark in _FOLDED if (at := rest.find(mark)) >= 0]
        end = rest.find(_FOLD_END, min(begins)) if begins else -1
        if end < 0:
            return "".join([*kept, rest])
        kept.append(rest[: min(begins)])
        rest = rest[end + len(_FOLD_END) :]
