"""Where the ledger's requests were made: the chats that have their answers."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.urls import reverse

from accounts.access import User
from chat.access import sessions_of
from chat.models import Message, Session
from portal.web.ids import encode


def addresses_of_answers(user: User, request_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """By the requests' keys, in the chats that `user` has and has not deleted."""
    answers = Message.objects.filter(usage__in=request_ids, session__in=sessions_of(user)).order_by()
    return {
        request_id: _address(session, message)
        for request_id, session, message in answers.values_list("usage", "session", "pk")
    }


def _address(session: UUID, message: UUID) -> str:
    page = reverse("chat-session", args=[encode(Session.id_prefix, session)])
    return f"{page}#{encode(Message.id_prefix, message)}"
