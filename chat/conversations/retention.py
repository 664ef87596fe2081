"""How long chats are kept: by the operator's policy, since something was last said in them."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from chat.conversations.services import delete_session
from chat.models import Message, Session
from chat.models.conversation import MessageStatus

log = logging.getLogger(__name__)


def delete_expired(now: datetime) -> int:
    """For good, one by one, as if their owner had; returns how many. Who pinned a chat wants it kept."""
    days = settings.KEEP_CHATS_DAYS
    if not days:
        return 0
    due = Session.objects.filter(updated_at__lt=now - timedelta(days=days), is_pinned=False)
    written = Message.objects.filter(session=OuterRef("pk"), status=MessageStatus.STREAMING)
    due = due.filter(~Exists(written))
    count = 0
    for key in list(due.values_list("pk", flat=True)):
        with transaction.atomic():
            # Something may have been said in it since, or it was pinned.
            session = due.select_for_update().filter(pk=key).first()
            if session is not None:
                delete_session(session=session)
                count += 1
    if count:
        log.info("Deleted %d chats in which nothing was said for %d days.", count, days)
    return count
