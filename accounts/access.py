"""The door to people's rows, and the type others know them by."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from accounts.models import User
from accounts.two_factor.policy import is_satisfied
from portal.web.errors import NotFound

__all__ = ["User", "get_user_by_email", "holds_access", "is_verified", "may_use_models", "users_of_models"]


def get_user_by_email(email: str) -> User:
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        raise NotFound(f"There is no account for {email}.", "email")
    return user


def is_verified(user: User | AnonymousUser) -> bool:
    """Whether the person has shown that their address is theirs."""
    return user.is_authenticated and user.emailaddress_set.filter(verified=True).exists()  # type: ignore[union-attr]


def users_of_models() -> QuerySet[User]:
    """Everybody who `may_use_models`."""
    return User.objects.filter(is_active=True, emailaddress__verified=True)


def may_use_models(user: User | AnonymousUser | None) -> bool:
    return user is not None and user.is_active and is_verified(user)


def holds_access(user: User, session: Mapping[str, Any]) -> bool:
    """Whether a session in which the person is signed in is good for anything (sockets ask here)."""
    return may_use_models(user) and is_satisfied(user, session)
