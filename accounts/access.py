"""The door to people's rows, and the type others know them by."""

from collections.abc import Collection
from uuid import UUID

from allauth.account.models import EmailAddress
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.db.models.functions import Lower

from accounts.allowances import Allowance, allowance_of, allowances_of
from accounts.browsers.access import people_signed_in
from accounts.budgets import (
    Cap,
    Share,
    SharedBudget,
    Unit,
    add_departed_use,
    departed_use,
    forget_told,
    forget_told_before,
    group_of_budget,
    note_told,
    operators,
    own_caps,
    people_with_budgets,
    shared_budgets,
    shares_of_many,
)
from accounts.memberships import memberships_within
from accounts.models import Preferences, User
from portal.web.errors import NotFound

__all__ = [
    "Allowance",
    "Cap",
    "Share",
    "SharedBudget",
    "Unit",
    "User",
    "add_departed_use",
    "departed_use",
    "find_user_by_email",
    "forget_told",
    "forget_told_before",
    "get_user_by_email",
    "get_user_of_models",
    "group_of_budget",
    "instructions_of",
    "is_verified",
    "limits_of",
    "limits_of_many",
    "may_use_models",
    "memberships_within",
    "note_told",
    "operators",
    "own_caps",
    "people_signed_in",
    "people_with_budgets",
    "preferences_of",
    "shared_budgets",
    "shares_of_many",
    "still_active",
    "users_of_models",
    "verified_addresses",
]

limits_of = allowance_of
limits_of_many = allowances_of


def find_user_by_email(email: str) -> User | None:
    return User.objects.filter(email__iexact=email).first()


def get_user_by_email(email: str) -> User:
    user = find_user_by_email(email)
    if user is None:
        raise NotFound(f"There is no account for {email}.", "email")
    return user


def get_user_of_models(user_id: UUID) -> User:
    """Raises `NotFound` for who no longer `may_use_models`."""
    user = users_of_models().filter(pk=user_id).first()
    if user is None:
        raise NotFound("There is no such account.")
    return user


def is_verified(user: User | AnonymousUser) -> bool:
    """Whether the person has shown that their address is theirs."""
    return user.is_authenticated and user.emailaddress_set.filter(verified=True).exists()  # type: ignore[union-attr]


def verified_addresses(user: User | UUID) -> QuerySet[EmailAddress, str]:
    """Those that the person has shown to be theirs, in lower case; for other queries, too."""
    return EmailAddress.objects.filter(user=user, verified=True).values_list(Lower("email"), flat=True)


def users_of_models() -> QuerySet[User]:
    """Everybody who `may_use_models`."""
    return User.objects.filter(is_active=True, deletion_due_at=None, emailaddress__verified=True)


def may_use_models(user: User | AnonymousUser | None) -> bool:
    return isinstance(user, User) and user.is_active and user.deletion_due_at is None and is_verified(user)


def still_active(user_ids: Collection[UUID]) -> set[UUID]:
    """Those of them who `may_use_models`, in one query."""
    return set(users_of_models().filter(pk__in=user_ids).values_list("pk", flat=True))


def preferences_of(user: User) -> Preferences:
    """Those of somebody who has chosen nothing yet are not stored."""
    found = Preferences.objects.filter(user=user).first() or Preferences()
    found.user = user
    return found


def instructions_of(user_id: UUID) -> str:
    """What the person wants every answer in the browser to heed."""
    return Preferences.objects.filter(user=user_id).values_list("instructions", flat=True).first() or ""
