"""`GET /api/usage/summary` in the shape of the specification."""

from typing import Any

import httpx
import pytest

from tests.portal_process import PortalProcess
from tests.usage.test_ledger import ask

FIELDS = {"totalRequests", "totalTokens", "inputTokens", "outputTokens"}
FIELDS |= {"totalCost", "avgResponseTime", "errorRate"}


def stats(api: httpx.Client, **query: str) -> dict[str, Any]:
    return api.get("/usage/summary", params=query).json()["stats"]


def test_it_works(api: httpx.Client) -> None:
    usage = api.post("/chat/completions", json=ask("Count to 9")).json()["usage"]
    totals = stats(api, period="30d")
    assert totals.keys() == FIELDS
    assert (totals["totalRequests"], totals["outputTokens"]) == (1, 9)
    assert totals["inputTokens"] == usage["prompt_tokens"]
    assert totals["totalTokens"] == usage["total_tokens"]


def test_it_is_empty_at_first(api: httpx.Client) -> None:
    assert set(stats(api).values()) == {0}


def test_it_filters_by_model(api: httpx.Client) -> None:
    api.post("/chat/completions", json=ask("Count to 2"))
    assert stats(api, model="Waymore-A1-Instruct-1011")["totalRequests"] == 1
    assert stats(api, model="other")["totalRequests"] == 0


def test_it_shows_only_ones_own(portal: PortalProcess, api: httpx.Client, bob: Any, make_key: Any) -> None:
    api.post("/chat/completions", json=ask("Count to 2"))
    response = httpx.get(portal.api + "/usage/summary", headers={"x-api-key": make_key(bob)})
    assert response.json()["stats"]["totalRequests"] == 0


@pytest.mark.parametrize("period", ["", "31d", "x"])
def test_it_rejects_an_unknown_period(api: httpx.Client, period: str) -> None:
    response = api.get("/usage/summary", params={"period": period})
    assert (response.status_code, response.json()["error"]["param"]) == (400, "period")
