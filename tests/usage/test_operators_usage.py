"""The whole portal's usage in the admin: who and what had how much, for those who may see the ledger."""

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.ledger_rows import rewrite
from tests.usage.pages import chart_rows, figures, table_rows, text, used
from tests.usage.requests import living_process
from usage.models import UsageRecord

OVERVIEW = "/admin/usage/usagerecord/overview/"
Browser = Callable[..., httpx.Client]


@pytest.fixture
def model() -> str:
    """Other tests use the portal, too: what these ask of it is told by its model."""
    return f"model-{uuid4().hex}"


@pytest.fixture
def office(sign_in: Browser, operator: Any) -> httpx.Client:
    return sign_in(operator)


def overview(browser: httpx.Client, **query: Any) -> str:
    response = browser.get(OVERVIEW, params=query)
    assert response.status_code == 200, response.text
    return response.text


def sheet(browser: httpx.Client, table: str, **query: Any) -> list[dict[str, str]]:
    response = browser.get(OVERVIEW, params={"table": table, **query})
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == f'attachment; filename="usage-{table}.csv"'
    return list(csv.DictReader(io.StringIO(response.text)))


def test_it_works(office: httpx.Client, model: str, alice: Any, bob: Any, make_team: Any) -> None:
    team = make_team(alice, cost_per_month=Decimal(100))
    used(alice, model=model, cost=Decimal(3), deployment="gpu-1")
    used(alice, model=model, cost=Decimal(2), deployment="gpu-2", status="failed")
    used(bob, model=model, cost=Decimal(1), deployment="gpu-1")
    html = overview(office, model=model)
    assert figures(html, "requests", "cost", "input") == ["3", "6.00", "300"]
    people = table_rows(html, "users")
    assert [row[0] for row in people] == [
        f"{alice.email} Edit : {alice.email}",
        f"{bob.email} Edit : {bob.email}",
    ]
    assert [row[1:] for row in people] == [["2", "240", "5.00"], ["1", "120", "1.00"]]
    assert f'href="/admin/accounts/user/{alice.pk}/change/"' in html
    assert table_rows(html, "groups") == [[f"{team.group.name} Edit : {team.group.name}", "2", "240", "5.00"]]
    assert f'href="/admin/auth/group/{team.group_id}/change/"' in html
    assert [row[0] for row in table_rows(html, "models")] == [model]
    assert [row[:4] for row in table_rows(html, "deployments")] == [
        ["gpu-1", "2", "0", "0 %"],
        ["gpu-2", "1", "1", "100 %"],
    ]
    assert chart_rows(html, "requests")[-1][1:] == ["2", "1"]
    assert "style=" not in html[html.index('id="usage"') :]


@pytest.mark.parametrize(("filtered", "count"), [("user", 2), ("group", 2), ("deployment", 1)])
def test_it_filters(
    office: httpx.Client, model: str, alice: Any, bob: Any, make_team: Any, filtered: str, count: int
) -> None:
    team = make_team(alice)
    used(alice, model=model, deployment="gpu-1")
    used(alice, model=model, deployment="gpu-2")
    used(bob, model=model, deployment="gpu-2")
    used(bob, model=model, deployment="gpu-2", ago=timedelta(days=100))
    value = {"user": alice.email.upper(), "group": team.group_id, "deployment": "gpu-1"}[filtered]
    html = overview(office, model=model, **{filtered: value})
    assert figures(html, "requests") == [str(count)]
    assert "Clear" in html
    assert figures(overview(office, model=model, period="1y"), "requests") == ["4"]


def test_what_ends_shows_also_where_newer_ones_fill_the_list(
    office: httpx.Client, model: str, alice: Any, bob: Any
) -> None:
    long = used(alice, timedelta(hours=1), model=model, status="open", process=living_process())
    for _ in range(20):
        used(bob, model=model)
    seen = re.search(r'data-seen="(\w+)"', overview(office, model=model, part="usage"))
    assert seen is not None
    poll = {"model": model, "part": "usage", "seen": seen[1]}
    assert office.get(OVERVIEW, params=poll).status_code == 204
    rewrite(UsageRecord.objects.filter(pk=long.pk), status="complete")
    assert office.get(OVERVIEW, params=poll).status_code == 200


def test_names_lead_to_their_own_figures(office: httpx.Client, model: str, alice: Any) -> None:
    used(alice, model=model)
    html = overview(office, model=model, period="7d")
    link = re.search(r'id="users">.*?<th scope="row"><a href="([^"]+)"', html, re.S)
    assert link is not None
    own = office.get(OVERVIEW + link[1].replace("&amp;", "&")).text
    assert figures(own, "requests") == ["1"]
    assert f'value="{alice.email}"' in own


def test_budgets_stand_there_nearest_to_their_end_first(
    office: httpx.Client, alice: Any, bob: Any, make_team: Any
) -> None:
    from accounts.models import UserLimits

    UserLimits.objects.create(user=alice, cost_per_month=Decimal(10), tokens_per_month=10_000)
    team = make_team(alice, bob, cost_per_month=Decimal(5))
    used(alice, cost=Decimal(4), input_tokens=900, output_tokens=100)
    used(bob, cost=Decimal(2))
    own = sheet(office, "budgets", user=alice.email)
    assert [(row["scope"], row["name"], row["unit"], row["percent"]) for row in own] == [
        ("user", alice.email, "cost", "40"),
        ("user", alice.email, "tokens", "10"),
    ]
    shared = sheet(office, "budgets", group=team.group_id)
    assert [(row["scope"], row["name"], row["percent"]) for row in shared] == [
        ("group", team.group.name, "120")
    ]
    everybody = [row["name"] for row in sheet(office, "budgets")]
    assert everybody.index(team.group.name) < everybody.index(alice.email)
    html = overview(office, group=team.group_id)
    assert "6.00 of 5.00 this month (cost)" in text(html)
    assert "Used up." in html


def test_tables_as_csv_are_whole(office: httpx.Client, model: str, make_user: Callable[..., Any]) -> None:
    people = [make_user("member") for _ in range(12)]
    for number, user in enumerate(people):
        used(user, model=model, cost=Decimal(number), deployment="=cmd()")
    html = overview(office, model=model)
    assert len(table_rows(html, "users")) == 10
    assert "and 2 more" in text(html)
    rows = sheet(office, "users", model=model)
    assert [row["name"] for row in rows] == [user.email for user in reversed(people)]
    assert (rows[0]["requests"], rows[0]["cost"], rows[0]["inputTokens"]) == ("1", "11.000000000", "100")
    (deployment,) = sheet(office, "deployments", model=model)
    assert deployment["name"] == "'=cmd()", "no spreadsheet runs it"
    assert deployment["errorRate"] == "0.0"
    assert 900 < int(deployment["latencyP95Ms"]) < 1100


@pytest.mark.parametrize(
    "query",
    [{"user": "nobody@example.org"}, {"group": "0"}, {"group": "x"}, {"period": "x"}, {"period": "custom"}],
)
def test_it_says_what_it_cannot_read(office: httpx.Client, query: dict[str, str]) -> None:
    response = office.get(OVERVIEW, params=query)
    assert response.status_code == 400
    assert 'role="alert"' in response.text


def test_who_may_see_the_ledger_may_see_this(
    sign_in: Browser, alice: Any, make_user: Callable[..., Any]
) -> None:
    from django.contrib.auth.models import Permission

    assert sign_in(alice).get(OVERVIEW).status_code == 403
    clerk = make_user("clerk", is_operator=True)
    clerk.is_superuser = False
    clerk.save()
    browser = sign_in(clerk)
    for path in (OVERVIEW, f"{OVERVIEW}?table=users"):
        assert browser.get(path).status_code == 403
    assert OVERVIEW not in browser.get("/admin/").text
    permission = Permission.objects.get(content_type__app_label="usage", codename="view_usagerecord")
    clerk.user_permissions.add(permission)
    assert browser.get(OVERVIEW).status_code == 200
    for path in ("/admin/", "/admin/usage/", "/admin/usage/usagerecord/"):
        assert f'href="{OVERVIEW}"' in browser.get(path).text, path


@pytest.mark.parametrize("name", ["user", "group", "model", "deployment", "table", "period"])
def test_no_address_breaks_it(office: httpx.Client, name: str) -> None:
    for value in ("%00", "%ED%A0%80", "'; --", "x" * 3000):
        assert office.get(f"{OVERVIEW}?{name}={value}").status_code in (200, 400)


def test_nothing_is_changed_here(office: httpx.Client) -> None:
    token = {"csrfmiddlewaretoken": office.cookies["csrftoken"]}
    assert office.post(OVERVIEW, data=token).status_code == 405


def test_what_others_wrote_is_text(office: httpx.Client, alice: Any) -> None:
    name = "<script>alert(1)</script>"
    used(alice, model=name, deployment=name)
    assert "<script>alert" not in overview(office, model=name, deployment=name)


def test_a_request_no_server_took_has_none(office: httpx.Client, model: str, alice: Any) -> None:
    used(alice, model=model, status="failed")
    assert table_rows(overview(office, model=model), "deployments")[0][:2] == ["none", "1"]
    assert UsageRecord.objects.filter(model=model).count() == 1
