"""The only door to chat rows for a person."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.access import User
from chat.models import Attachment, Deployment, Message, ModelAlias, PublicModel, Session
from portal.web.errors import NotFound
from portal.web.ids import decode


def sessions_of(user: User | UUID) -> QuerySet[Session]:
    """Of a person, or of whom has this id."""
    return Session.objects.filter(user=user, deleted_at=None)


def deleted_sessions_of(user: User) -> QuerySet[Session]:
    """What the person may still take back."""
    return Session.objects.filter(user=user, deleted_at__isnull=False)


def get_session(user: User | UUID, public_id: str, *, lock: bool = False) -> Session:
    rows = sessions_of(user).select_for_update() if lock else sessions_of(user)
    session = rows.filter(pk=decode(Session.id_prefix, public_id)).first()
    if session is None:
        raise NotFound("There is no such chat.")
    return session


def get_message(
    user: User, public_id: str, *, role: str | None = None, session: Session | None = None
) -> Message:
    """Of this role, in this session; None is any."""
    rows = Message.objects.select_related("session").filter(session__in=sessions_of(user))
    wanted = {"role": role, "session": session}
    named = {name: value for name, value in wanted.items() if value is not None}
    message = rows.filter(pk=decode(Message.id_prefix, public_id), **named).first()
    if message is None:
        raise NotFound("There is no such message.")
    return message


def attachments_of(user: User | UUID) -> QuerySet[Attachment]:
    """Of a person, or of whom has this id; without the text that a model is told."""
    return Attachment.objects.filter(file__user=user).select_related("file").defer("file__text")


def get_attachment(user: User, public_id: str) -> Attachment:
    found = attachments_of(user).filter(pk=decode(Attachment.id_prefix, public_id)).first()
    if found is None:
        raise NotFound("There is no such file.")
    return found


def models_for(user: User) -> QuerySet[PublicModel]:
    """Those that somebody serves; a model without any group is open to everybody."""
    usable = Deployment.objects.filter(model=OuterRef("pk"), is_enabled=True, upstream__is_enabled=True)
    mine = PublicModel.groups.through.objects.filter(
        publicmodel=OuterRef("pk"), group__in=user.groups.values("pk")
    )
    rows = PublicModel.objects.filter(Exists(usable), Q(groups=None) | Exists(mine), is_enabled=True)
    return rows.prefetch_related("aliases", "dated_prices")


def model_names_for(user: User) -> list[str]:
    return list(models_for(user).values_list("name", flat=True))


def may_ask_for(name: str, model: PublicModel, allowed: Collection[str]) -> bool:
    """Whether a key with these `allowed` names may ask for the model by this one. None are all."""
    return not allowed or model.name in allowed or name in allowed


def get_model(user: User, name: str, allowed: Collection[str] = ()) -> PublicModel:
    """By its name or an alias."""
    model = None
    if "\x00" not in name:
        by_alias = ModelAlias.objects.filter(name=name).values("model")
        model = models_for(user).filter(Q(name=name) | Q(pk__in=by_alias)).first()
    if model is None or not may_ask_for(name, model, allowed):
        raise NotFound(f"The model `{name[:200]}` does not exist or you may not use it.", "model")
    return model
