"""Limits of people and groups: a person's own word, else the most generous of their groups."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest


@pytest.fixture
def groups(alice: Any) -> list[Any]:
    from django.contrib.auth.models import Group

    made = [Group.objects.create(name=f"{alice.pk} {number}") for number in range(2)]
    alice.groups.set(made)
    return made


def limits_of(user: Any) -> Any:
    from accounts.access import limits_of

    return limits_of(user.pk)


def test_nobody_is_limited_by_default(alice: Any) -> None:
    from accounts.access import Allowance

    assert limits_of(alice) == Allowance(None, None, None, None)


def test_the_most_generous_group_counts(alice: Any, bob: Any, groups: list[Any]) -> None:
    from accounts.models import GroupLimits

    GroupLimits.objects.create(group=groups[0], requests_per_minute=10, tokens_per_day=0)
    GroupLimits.objects.create(group=groups[1], requests_per_minute=30, cost_per_month=Decimal("9.50"))
    limits = limits_of(alice)
    assert (limits.requests_per_minute, limits.tokens_per_day) == (30, 0)
    assert (limits.tokens_per_month, limits.cost_per_month) == (None, Decimal("9.50"))
    assert limits_of(bob).requests_per_minute is None


def test_a_persons_own_word_goes_first(alice: Any, groups: list[Any]) -> None:
    from accounts.models import GroupLimits, UserLimits

    GroupLimits.objects.create(group=groups[0], requests_per_minute=30, tokens_per_day=7)
    UserLimits.objects.create(user=alice, requests_per_minute=5)
    assert (limits_of(alice).requests_per_minute, limits_of(alice).tokens_per_day) == (5, 7)


def test_operators_set_them_in_the_admin(
    sign_in: Callable[..., httpx.Client], operator: Any, alice: Any, groups: list[Any]
) -> None:
    browser = sign_in(operator)
    token = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    form = {"email": alice.email, "name": "", "is_active": "on", "groups": [group.pk for group in groups]}
    for prefix in ("userlimits", "usersession_set"):
        form |= {
            f"{prefix}-TOTAL_FORMS": "1" if prefix == "userlimits" else "0",
            f"{prefix}-INITIAL_FORMS": "0",
        }
    form |= {"userlimits-0-user": str(alice.pk), "userlimits-0-tokens_per_month": "1000"}
    browser.post(f"/admin/accounts/user/{alice.pk}/change/", data={**token, **form})
    assert limits_of(alice).tokens_per_month == 1000
    form = {"name": groups[0].name, "grouplimits-TOTAL_FORMS": "1", "grouplimits-INITIAL_FORMS": "0"}
    form |= {"grouplimits-0-group": str(groups[0].pk), "grouplimits-0-requests_per_minute": "60"}
    browser.post(f"/admin/auth/group/{groups[0].pk}/change/", data={**token, **form})
    assert limits_of(alice).requests_per_minute == 60
