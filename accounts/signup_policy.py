"""Who may make an account. Every way in asks here: the form, the JSON endpoint, and social sign-in.

`invitation` is the id that `invitations.find` gave for a link's token, kept in the session by
`remember_invitation`; a way in without a session passes it by itself.
"""

from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import invitations
from accounts.models import SignupMode, SignupPolicy, User
from portal.web.errors import ApiError

_INVITATION = "invitation"


class SignupRefused(ApiError, PermissionDenied):
    """A `PermissionDenied` too, so that pages answer it with theirs."""

    status = 403
    code = "signup_refused"


@dataclass(frozen=True)
class Policy:
    mode: SignupMode
    domains: frozenset[str]


def policy() -> Policy:
    """What operators chose in the admin, else the environment's."""
    row = SignupPolicy.objects.first()
    if row is None:
        return Policy(SignupMode(settings.SIGNUP), _domains(settings.SIGNUP_DOMAINS))
    return Policy(SignupMode(row.mode), _domains(row.domains.split()))


def remember_invitation(request: HttpRequest, invitation: str) -> None:
    request.session[_INVITATION] = invitation


def invitation_in(request: HttpRequest) -> str | None:
    invitation: str | None = request.session.get(_INVITATION)
    return invitation


def is_open(request: HttpRequest) -> bool:
    """Whether it makes sense to show the form. What is typed into it decides `require`."""
    match policy().mode:
        case SignupMode.OPEN | SignupMode.DOMAINS:
            return True
        case SignupMode.INVITE:
            return invitations.is_usable(invitation_in(request))
        case _:
            return False


def require(*, email: str, invitation: str | None) -> None:
    """Raises `SignupRefused`. Says nothing about whether the address has an account."""
    rules = policy()
    if rules.mode == SignupMode.CLOSED:
        raise SignupRefused(_("New accounts cannot be made here."), "email")
    if rules.mode == SignupMode.OPEN:
        return
    if rules.mode == SignupMode.DOMAINS and email.rpartition("@")[2].lower() in rules.domains:
        return
    if not invitations.is_usable(invitation):
        raise SignupRefused(str(_WITHOUT[rules.mode]), "email")
    if not invitations.is_for(invitation, email):
        raise SignupRefused(_("Your invitation is for another e-mail address."), "email")


def admit(*, user: User, request: HttpRequest) -> None:
    """After sign-up. Of two people who use an invitation at once the second is sent away again."""
    invitation = invitation_in(request)
    try:
        with transaction.atomic():
            require(email=user.email, invitation=invitation)
            is_invited = invitations.is_for(invitation, user.email)
            if not (is_invited and invitations.accept(user=user, invitation=invitation, request=request)):
                require(email=user.email, invitation=None)
    except SignupRefused:
        user.delete()
        raise
    request.session.pop(_INVITATION, None)


def _domains(names: object) -> frozenset[str]:
    return frozenset(str(name).strip().lower().lstrip("@") for name in names)  # type: ignore[attr-defined]


_WITHOUT = {
    SignupMode.INVITE: gettext_lazy("You need an invitation to make an account here."),
    SignupMode.DOMAINS: gettext_lazy(
        "Accounts are for addresses of this organisation. Ask an operator for an invitation."
    ),
}
