"""A conversation from elsewhere, in one shape whatever it came in; and its messages put in order."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _

MAX_MESSAGES = 10_000


class Unreadable(Exception):
    """Why a conversation was not brought along, in words for its owner."""


@dataclass(frozen=True)
class Turn:
    """`parent` is the id of the message it follows; None for the first. `citations` as a message's row has
    them."""

    id: str
    parent: str | None
    role: str
    text: str
    model: str = ""
    created_at: datetime | None = None
    citations: Any = None


@dataclass(frozen=True)
class Conversation:
    """`turns` have every message after the one it follows; `current` is the one that is shown last."""

    source: str
    title: str
    turns: list[Turn]
    current: str
    model: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    is_pinned: bool = False
    is_archived: bool = False
    folder: str = ""


@dataclass
class Node:
    """A message as the file has it, which may be one that people do not see (`turn` is None)."""

    id: str
    parent: str | None
    turn: Turn | None
    children: list["Node"] = field(default_factory=list)


def arranged(nodes: Mapping[str, Node]) -> list[Turn]:
    """Those people see, parents first, versions of a message by their time. What nobody sees is left out, and
    what follows it follows the one before. Nodes that go round in a circle are not reached."""
    roots = []
    for node in nodes.values():
        parent = nodes.get(node.parent or "")
        (parent.children if parent and parent is not node else roots).append(node)
    turns: list[Turn] = []
    waiting: list[tuple[Node, str | None]] = [(node, None) for node in reversed(by_time(roots))]
    while waiting:
        node, before = waiting.pop()
        if node.turn:
            turn = node.turn
            turns.append(replace(turn, parent=before))
            before = node.id
        waiting += [(child, before) for child in reversed(by_time(node.children))]
    if not turns:
        raise Unreadable(_("Nothing was said in it."))
    if len(turns) > MAX_MESSAGES:
        raise Unreadable(_("It has more than %(number)s messages.") % {"number": intcomma(MAX_MESSAGES)})
    return turns


def by_time(nodes: Iterable[Node]) -> list[Node]:
    begin = datetime.min.replace(tzinfo=UTC)
    return sorted(nodes, key=lambda node: (node.turn.created_at if node.turn else None) or begin)


def last_shown(nodes: Mapping[str, Node], turns: list[Turn], current: str | None) -> str:
    """The message people saw last: `current`, or the nearest above it that they see."""
    seen = {turn.id for turn in turns}
    node = nodes.get(current or "")
    for _hop in range(len(nodes)):
        if node is None or node.id in seen:
            break
        node = nodes.get(node.parent or "")
    return node.id if node and node.id in seen else turns[-1].id


# What a file has may be of any type: each reads one and has a plain answer for everything else.
def told_text(value: Any) -> str:
    """Without what no database stores: NUL, and halves of a pair."""
    if not isinstance(value, str):
        return ""
    return value.replace("\x00", "").encode("utf-8", "replace").decode()


def told_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def told_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def told_time(value: Any) -> datetime | None:
    """Of seconds since 1970, also as milli-, micro- or nanoseconds, or of RFC 3339."""
    try:
        if isinstance(value, str):
            at = datetime.fromisoformat(value)
            return at if at.tzinfo else at.replace(tzinfo=UTC)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        seconds = float(value)
        while 1e11 < seconds < math.inf:
            seconds /= 1000
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None
