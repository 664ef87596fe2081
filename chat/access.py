"""The only door to chat rows for a person."""

from django.db.models import Q, QuerySet

from accounts.access import User
from chat.models import Message, PublicModel, Session
from portal.web.errors import NotFound
from portal.web.ids import decode


def sessions_of(user: User) -> QuerySet[Session]:
    return Session.objects.filter(user=user)


def get_session(user: User, public_id: str, *, lock: bool = False) -> Session:
    rows = sessions_of(user).select_for_update() if lock else sessions_of(user)
    session = rows.filter(pk=decode(Session.id_prefix, public_id)).first()
    if session is None:
        raise NotFound("There is no such chat.")
    return session


def get_answer(user: User, public_id: str) -> Message:
    rows = Message.objects.select_related("session").filter(role="assistant", session__user=user)
    message = rows.filter(pk=decode(Message.id_prefix, public_id)).first()
    if message is None:
        raise NotFound("There is no such answer.")
    return message


def models_for(user: User) -> QuerySet[PublicModel]:
    """A model without any group is open to everybody."""
    mine = Q(groups=None) | Q(groups__in=user.groups.all())
    return PublicModel.objects.filter(mine, is_enabled=True).distinct()


def model_names_for(user: User) -> list[str]:
    return list(models_for(user).values_list("name", flat=True))
