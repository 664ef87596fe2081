"""The ledger's rows in the admin: found by date and filter, and never all of them read for it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.usage.drawn import Draw, drawer
from tests.usage.pages import text, used, used_at
from usage.operators import ledger_list

LIST = "/admin/usage/usagerecord/"


@pytest.fixture
def office(sign_in: Callable[..., httpx.Client], operator: Any) -> Draw:
    return drawer(sign_in(operator))


@pytest.fixture
def model() -> str:
    return f"model-{uuid4().hex}"


def page(office: Draw, **query: Any) -> str:
    drawn = office(LIST, **query)
    assert drawn.status == 200
    return drawn.html


def offered(html: str) -> list[str]:
    """By the date hierarchy."""
    found = re.search(r'<nav class="toplinks">(.*?)</nav>', html, re.S)
    assert found is not None
    return [text(each) for each in re.findall(r"<a [^>]*>(.*?)</a>", found[1], re.S)]


def test_it_works(office: Draw, alice: Any, model: str) -> None:
    rows = [used(alice, model=model) for _ in range(3)]
    html = page(office, q=model)
    assert all(row.public_id in html for row in rows)
    assert "3 usage records" in text(html)
    assert "3 results" in text(html)
    assert "results" not in text(page(office)), "nothing was looked for"


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"status__exact": "complete"},
        {"format": "openai"},
        {"started_at__year": 2025},
        {"_facets": "True"},
    ],
)
def test_nothing_is_counted_to_its_end(office: Draw, alice: Any, query: dict[str, Any]) -> None:
    used(alice)
    asked = [sql for sql in office(LIST, **query).asked if "usage_usagerecord" in sql]
    assert asked
    for sql in asked:
        assert "DISTINCT" not in sql, sql
        assert "COUNT(" not in sql or " LIMIT " in sql, sql


def test_who_has_more_narrows_down(
    office: Draw, alice: Any, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_list, "MOST", 3)
    for _ in range(4):
        used(alice, model=model)
    html = page(office, q=model)
    assert "The first 3 usage records in this order; there may be more." in text(html)
    assert "results" not in text(html)
    used(alice, model="other" + model, status="failed")
    assert "1 usage record " in text(page(office, q=model, status__exact="failed"))


def test_dates_lead_from_years_to_days(office: Draw, alice: Any, model: str) -> None:
    for month, day in ((3, 30), (5, 2)):
        used_at(alice, datetime(2025, month, day, 12, tzinfo=UTC), model=model)
    used_at(alice, datetime(2026, 1, 5, 12, tzinfo=UTC), model=model)
    assert offered(page(office, q=model)) == ["2025", "2026"]
    assert offered(page(office, q=model, started_at__year=2025)) == [
        "‹ All dates", "March 2025", "April 2025", "May 2025",
    ]  # fmt: skip
    days = offered(page(office, q=model, started_at__year=2025, started_at__month=5))
    assert days == ["‹ 2025", "May 2"]
    html = page(office, q=model, started_at__year=2025, started_at__month=5, started_at__day=2)
    assert "1 usage record " in text(html)
