"""Links that let somebody in: unguessable, used once, and only for a while."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.mail import send_mail
from django.db import transaction
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Invitation, User
from accounts.security_log import Event, record
from portal.web.ids import decode


def invite(
    *,
    by: User,
    email: str = "",
    groups: Iterable[Group] = (),
    expires_at: datetime | None = None,
    request: HttpRequest | None = None,
) -> tuple[Invitation, str]:
    """Returns the invitation and its link, which nobody can show again."""
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        invitation = Invitation(email=email.strip().lower(), invited_by=by, token_digest=_digest(token))
        if expires_at is not None:
            invitation.expires_at = expires_at
        invitation.save()
        invitation.groups.set(groups)
        details = {"invitation": invitation.public_id, "email": invitation.email}
        record(user=by, event=Event.INVITED, request=request, details=details)
    return invitation, settings.BASE_URL + reverse("invitation", args=[token])


def send(*, invitation: Invitation, link: str) -> None:
    context = {"link": link, "invitation": invitation, "base_url": settings.BASE_URL}
    text = render_to_string("accounts/email/invitation.txt", context)
    send_mail(_("You are invited to LLM Portal"), text, None, [invitation.email])


def find(token: str) -> Invitation | None:
    """A usable one. Looking up by digest is no timing oracle."""
    found = Invitation.objects.filter(token_digest=_digest(token)).first()
    return found if found is not None and found.is_usable else None


def is_usable(invitation: str | None) -> bool:
    return _get(invitation) is not None


def is_for(invitation: str | None, email: str) -> bool:
    found = _get(invitation)
    return found is not None and found.email in ("", email.strip().lower())


def accept(*, user: User, invitation: str | None, request: HttpRequest | None = None) -> bool:
    """False when it was no longer there to be used."""
    found = _get(invitation)
    now = timezone.now()
    mine = Invitation.objects.filter(pk=found.pk, accepted_at=None, expires_at__gt=now) if found else None
    if found is None or mine is None or not mine.update(accepted_at=now, accepted_by=user):
        return False
    user.groups.add(*found.groups.all())
    details = {"invitation": found.public_id, "groups": [group.name for group in found.groups.all()]}
    record(user=user, event=Event.INVITATION_ACCEPTED, request=request, details=details)
    return True


def _get(public_id: str | None) -> Invitation | None:
    pk = decode(Invitation.id_prefix, public_id) if public_id else None
    found = Invitation.objects.filter(pk=pk).first() if pk else None
    return found if found is not None and found.is_usable else None


def _digest(token: str) -> str:
    """The token has 256 random bits, so a slow hash would add nothing."""
    return hashlib.sha256(token.encode()).hexdigest()
