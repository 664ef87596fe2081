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
    form |= {"budget-TOTAL_FORMS": "0", "budget-INITIAL_FORMS": "0"}
    browser.post(f"/admin/auth/group/{groups[0].pk}/change/", data={**token, **form})
    assert limits_of(alice).requests_per_minute == 60


def group_form(group: Any, **budget: Any) -> dict[str, Any]:
    form = {"name": group.name, "grouplimits-TOTAL_FORMS": "0", "grouplimits-INITIAL_FORMS": "0"}
    form |= {"budget-TOTAL_FORMS": "1", "budget-INITIAL_FORMS": "0", "budget-0-group": str(group.pk)}
    given = {"soft_percent": "80", "cost_per_month": "", "tokens_per_month": "", "notify": "", **budget}
    return form | {f"budget-0-{field}": value for field, value in given.items()}


def test_operators_set_a_groups_budget(
    sign_in: Callable[..., httpx.Client], operator: Any, groups: list[Any]
) -> None:
    from accounts.models import GroupBudget

    browser = sign_in(operator)
    token = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    path = f"/admin/auth/group/{groups[0].pk}/change/"
    assert "warn at (percent)" in browser.get(path).text.lower()
    browser.post(path, data={**token, **group_form(groups[0])})
    assert not GroupBudget.objects.filter(group=groups[0]).exists(), "a form left alone says nothing"
    form = group_form(
        groups[0], cost_per_month="250.5", soft_percent="75", notify="a@example.org, b@example.org"
    )
    browser.post(path, data={**token, **form})
    budget = GroupBudget.objects.get(group=groups[0])
    assert (budget.cost_per_month, budget.tokens_per_month, budget.soft_percent) == (
        Decimal("250.5"),
        None,
        75,
    )
    form |= {"budget-INITIAL_FORMS": "1", "budget-0-id": str(budget.pk), "budget-0-cost_per_month": "300"}
    browser.post(path, data={**token, **form})
    budget.refresh_from_db()
    assert budget.cost_per_month == 300, "the same budget, with another limit"
    assert "300.00" in browser.get("/admin/auth/group/", params={"q": groups[0].name}).text
    browser.post(path, data={**token, **form, "budget-0-DELETE": "on"})
    assert not GroupBudget.objects.filter(group=groups[0]).exists()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("cost_per_month", "-1", "greater than or equal to 0"),
        ("cost_per_month", "9000001", "less than or equal to 9000000"),
        ("cost_per_month", "NaN", "Enter a number"),
        ("cost_per_month", "1.234", "no more than 2 decimal places"),
        ("tokens_per_month", "-5", "greater than or equal to 0"),
        ("tokens_per_month", "9" * 30, "less than or equal to"),
        ("soft_percent", "0", "greater than or equal to 1"),
        ("soft_percent", "101", "less than or equal to 100"),
        ("notify", "nobody", "nobody is not an e-mail address"),
        ("notify", "a@example.org\n<script>", "is not an e-mail address"),
        ("notify", "\n".join(f"a{number}@example.org" for number in range(21)), "At most 20 addresses"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(
    sign_in: Callable[..., httpx.Client],
    operator: Any,
    groups: list[Any],
    field: str,
    value: str,
    said: str,
) -> None:
    from accounts.models import GroupBudget

    browser = sign_in(operator)
    form = group_form(groups[0], **{"cost_per_month": "5", field: value})
    form["csrfmiddlewaretoken"] = browser.cookies["csrftoken"]
    page = browser.post(f"/admin/auth/group/{groups[0].pk}/change/", data=form)
    assert said in page.text
    assert "<script>" not in page.text.split('class="errorlist"')[1][:500]
    assert not GroupBudget.objects.filter(group=groups[0]).exists()


def test_a_budget_of_nothing_in_particular_is_refused(
    sign_in: Callable[..., httpx.Client], operator: Any, groups: list[Any]
) -> None:
    browser = sign_in(operator)
    form = group_form(groups[0], soft_percent="50")
    form["csrfmiddlewaretoken"] = browser.cookies["csrftoken"]
    page = browser.post(f"/admin/auth/group/{groups[0].pk}/change/", data=form)
    assert "Set tokens per month, cost per month, or both." in page.text


def test_an_operator_without_the_permission_changes_no_budget(
    sign_in: Callable[..., httpx.Client], make_user: Callable[..., Any], groups: list[Any]
) -> None:
    from django.contrib.auth.models import Permission

    from accounts.models import GroupBudget

    helper = make_user("helper", is_operator=True)
    helper.is_superuser = False
    helper.save()
    helper.user_permissions.set(Permission.objects.filter(codename__in=["change_group", "view_groupbudget"]))
    budget = GroupBudget.objects.create(group=groups[0], cost_per_month=5)
    browser = sign_in(helper)
    path = f"/admin/auth/group/{groups[0].pk}/change/"
    assert "5.00" in browser.get(path).text
    form = group_form(groups[0], cost_per_month="900")
    form |= {"budget-INITIAL_FORMS": "1", "budget-0-id": str(budget.pk)}
    browser.post(path, data={**form, "csrfmiddlewaretoken": browser.cookies["csrftoken"]})
    budget.refresh_from_db()
    assert budget.cost_per_month == 5
