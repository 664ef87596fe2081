"""Many sessions at once, as people tidy up. What they delete is gone at once, and can be taken back for a
while."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.access import User
from chat.access import deleted_sessions_of, sessions_of
from chat.conversations.definition import checked_session
from chat.conversations.live import announce_sessions
from chat.conversations.services import delete_session
from chat.models import Session
from portal.web.errors import BadParameter, NotFound
from portal.web.ids import decode

# The page offers Undo for seconds; a slow connection, or two tabs, may need longer.
UNDO_WITHIN = timedelta(minutes=5)
MAX_AT_ONCE = 1000


@transaction.atomic
def edit_sessions(*, user: User, session_ids: Sequence[str], **fields: Any) -> None:
    """All of them or none. `fields` as `chat.conversations.definition` knows them."""
    rows = _chosen(sessions_of(user), session_ids)
    rows.update(**checked_session(user, fields))
    announce_sessions(user.pk)


@transaction.atomic
def discard_sessions(*, user: User, session_ids: Sequence[str]) -> None:
    _chosen(sessions_of(user), session_ids).update(deleted_at=timezone.now())
    announce_sessions(user.pk)


@transaction.atomic
def take_back_sessions(*, user: User, session_ids: Sequence[str]) -> None:
    """Raises `NotFound` for what is gone for good."""
    _chosen(deleted_sessions_of(user), session_ids).update(deleted_at=None)
    announce_sessions(user.pk)


def delete_discarded() -> None:
    """For good, one by one: each goes with all that belongs to it."""
    due = Session.objects.filter(deleted_at__lt=timezone.now() - UNDO_WITHIN)
    for key in list(due.values_list("pk", flat=True)):
        with transaction.atomic():
            # It may have been taken back since.
            session = due.select_for_update().filter(pk=key).first()
            if session is not None:
                delete_session(session=session)


def _chosen(rows: QuerySet[Session], session_ids: Sequence[str]) -> QuerySet[Session]:
    if not 0 < len(session_ids) <= MAX_AT_ONCE:
        raise BadParameter(f"Choose 1 to {MAX_AT_ONCE:,} chats.", "session")
    keys = {decode(Session.id_prefix, session_id) for session_id in session_ids}
    chosen = rows.filter(pk__in=keys)
    if chosen.count() != len(keys):
        raise NotFound("There is no such chat.")
    return chosen
