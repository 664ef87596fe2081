"""A session's messages as a tree: who follows whom, and the branch that is shown.

Ids rise with time, so the versions of a message are in the order in which they were made.
"""

from collections.abc import Sequence
from functools import cached_property
from uuid import UUID

from django.db.models import QuerySet

from chat.models import Message, Session


class Tree:
    """Of ids alone: a long session is known without reading what was said in it."""

    def __init__(self, parents: dict[UUID, UUID | None]) -> None:
        """`parents` in the order in which the messages were made."""
        self._parents = parents

    @cached_property
    def _children(self) -> dict[UUID | None, list[UUID]]:
        children: dict[UUID | None, list[UUID]] = {}
        for message, parent in self._parents.items():
            children.setdefault(parent, []).append(message)
        return children

    def path(self, leaf: UUID | None) -> list[UUID]:
        """From the first message down to this one; nothing for None."""
        path = []
        while leaf is not None:
            path.append(leaf)
            leaf = self._parents.get(leaf)
        return path[::-1]

    def versions(self, message: UUID) -> list[UUID]:
        """The message and those that could stand in its place."""
        return self._children[self._parents[message]]

    def newest_leaf(self, message: UUID) -> UUID:
        """Where one arrives who takes the newest version at every turn."""
        while below := self._children.get(message):
            message = below[-1]
        return message


def tree_of(session: Session) -> Tree:
    rows = Message.objects.filter(session=session).order_by("id")
    return Tree(dict(rows.values_list("pk", "parent_id")))


def path(session: Session) -> list[Message]:
    """The messages of the branch that is shown, first to last."""
    return path_to(session, session.current_id)


def messages_shown(session: Session) -> QuerySet[Message]:
    return session.messages.filter(pk__in=tree_of(session).path(session.current_id))


def path_to(session: Session, leaf: UUID | None) -> list[Message]:
    return read(session, tree_of(session).path(leaf))


def read(session: Session, ids: Sequence[UUID]) -> list[Message]:
    """In this order, with the ledger's row of each."""
    rows = Message.objects.filter(session=session, pk__in=ids).select_related("usage")
    found = {message.pk: message for message in rows}
    return [found[pk] for pk in ids if pk in found]
