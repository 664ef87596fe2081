"""`/api/usage/…`: a year at a glance, a series, what to filter by, requests and their CSV."""

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from django.utils import timezone

from usage.models import Status, UsageRecord

DAY = timedelta(days=1)


def use(user: Any, ago: timedelta, **fields: Any) -> UsageRecord:
    known = {"user": user, "model": "m", "format": "openai", "status": Status.COMPLETE}
    known |= {
        "started_at": timezone.now() - ago,
        "input_tokens": 100,
        "output_tokens": 50,
        "duration_ms": 1000,
    }
    return UsageRecord.objects.create(**known | {"cost": Decimal("0.25")} | fields)


def get(api: httpx.Client, path: str, **query: Any) -> Any:
    response = api.get(f"/usage/{path}", params=query)
    assert response.status_code == 200, response.text
    return response.json()


def test_it_works(api: httpx.Client, alice: Any, bob: Any) -> None:
    use(alice, DAY, input_price=Decimal(1000), output_price=Decimal(3000), first_token_ms=200)
    use(alice, 2 * DAY, model="n", status=Status.FAILED, cost=0, duration_ms=3000)
    use(alice, 40 * DAY, cost=4)
    use(bob, DAY)
    found = get(api, "summary", period="30d")
    assert found["stats"] == {
        "totalRequests": 2, "totalTokens": 300, "inputTokens": 200, "outputTokens": 100, "totalCost": 0.25,
        "avgResponseTime": 2000, "errorRate": 50.0,
    }  # fmt: skip
    assert found["costByType"] == {
        "input": 0.1, "output": 0.15, "cached": 0, "cacheWrite": 0, "image": 0, "request": 0
    }  # fmt: skip
    assert [(each["model"], each["totalCost"]) for each in found["byModel"]] == [("m", 0.25), ("n", 0.0)]
    assert found["latency"]["p50"] == pytest.approx(1000, rel=0.05)
    assert found["latency"]["p99"] == pytest.approx(3000, rel=0.05)
    assert found["firstToken"]["p95"] == pytest.approx(200, rel=0.05)
    assert (found["previous"]["totalRequests"], found["previous"]["totalCost"]) == (1, 4.0)
    assert get(api, "summary", period="30d", status="failed")["stats"]["totalRequests"] == 1
    assert get(api, "summary", period="24h")["stats"]["totalRequests"] == 0


def test_a_period_of_ones_own(api: httpx.Client, alice: Any) -> None:
    at = datetime(2026, 3, 5, 12, tzinfo=UTC)
    use(alice, timezone.now() - at)

    def count(since: str, until: str) -> int:
        query = {"period": "custom", "from": since, "to": until}
        return get(api, "summary", **query)["stats"]["totalRequests"]

    assert count("2026-03-05", "2026-03-06") == 1
    assert count("2026-03-05T12:00:00Z", "2026-03-05T12:00:01Z") == 1
    assert count("2026-03-05T10:00:00+02:00", "2026-03-05T14:00:00+02:00") == 0


def test_a_period_may_have_ten_years(api: httpx.Client, alice: Any) -> None:
    use(alice, timezone.now() - datetime(2026, 3, 5, 12, tzinfo=UTC))
    for since, until in (("2016-12-31", "2026-12-31"), ("2026-01-01", "2036-01-01")):
        query = {"period": "custom", "from": since, "to": until}
        assert get(api, "summary", **query)["stats"]["totalRequests"] == 1
        assert len(get(api, "requests", **query)["data"]) == 1
    longer = {"period": "custom", "from": "2016-01-01", "to": "2026-02-01"}
    response = api.get("/usage/summary", params=longer)
    assert "ten years" in response.json()["error"]["message"]


def test_it_is_filtered_by_key(api: httpx.Client, alice: Any, bob: Any, make_keys: Any) -> None:
    from portal.web.ids import encode

    one, two = make_keys(alice)
    use(alice, DAY, key_id=one)
    assert get(api, "summary", keyId=encode("key", one))["stats"]["totalRequests"] == 1
    assert get(api, "summary", keyId=encode("key", two))["stats"]["totalRequests"] == 0
    [theirs] = make_keys(bob, 1)
    for key_id in (encode("key", theirs), "key_x", "key_\x00", ""):
        response = api.get("/usage/summary", params={"keyId": key_id})
        assert (response.status_code, response.json()["error"]["param"]) == (404, "keyId")
    found = get(api, "filters")
    assert found == {"models": ["m"], "keyIds": [encode("key", one)], "statuses": ["complete"]}


@pytest.mark.parametrize(
    ("path", "query", "param"),
    [
        ("summary", {"period": "custom"}, "from"),
        ("summary", {"period": "custom", "from": "yesterday"}, "from"),
        ("summary", {"period": "custom", "from": "2026-01-01T00:00:00"}, "from"),
        ("summary", {"period": "custom", "from": "0001-01-01T00:00:00Z"}, "from"),
        ("summary", {"period": "custom", "from": "2026-02-01", "to": "2026-01-01"}, "from"),
        ("summary", {"period": "custom", "from": "2026-02-01", "to": "2026-02-31"}, "to"),
        ("summary", {"period": "custom", "from": "0001-01-01"}, "from"),
        ("summary", {"period": "custom", "from": "2026-01-01", "to": "9999-12-31"}, "to"),
        ("summary", {"period": "custom", "from": "2026-01-01", "to": "9999-12-31T00:00:00Z"}, "to"),
        ("summary", {"period": "custom", "from": "2026-01-01", "to": "5000-01-01T00:00:00Z"}, "to"),
        ("summary", {"period": "custom", "from": "1971-01-01"}, "to"),
        ("timeseries", {"period": "custom", "from": "9999-12-30", "to": "9999-12-31"}, "from"),
        ("requests", {"period": "custom", "from": "0001-01-01"}, "from"),
        ("export", {"period": "custom", "from": "2026-01-01", "to": "9999-12-31"}, "to"),
        ("summary", {"period": "7d", "from": "2026-02-01"}, "from"),
        ("summary", {"status": "done"}, "status"),
        ("summary", {"user": "x"}, "user"),
        ("summary", {"model": "\x00"}, "model"),
        ("timeseries", {"model": "a\x00"}, "model"),
        ("requests", {"model": "\x00"}, "model"),
        ("export", {"model": "\x00"}, "model"),
        ("summary", {"status": "\x00"}, "status"),
        ("summary", {"period": "\x00"}, "period"),
        ("summary", {"period": "custom", "from": "\x00"}, "from"),
        ("summary", {"period": "custom", "from": "2026-01-01", "to": "2026-01-3\x00"}, "to"),
        ("timeseries", {"bucket": "\x00"}, "bucket"),
        ("timeseries", {"timeZone": "\x00"}, "timeZone"),
        ("requests", {"cursor": "\x00"}, "cursor"),
        ("filters", {"\x00": "x"}, "\x00"),
        ("timeseries", {"bucket": "year"}, "bucket"),
        ("timeseries", {"bucket": "hour", "period": "1y"}, "bucket"),
        ("timeseries", {"timeZone": "Mars/Olympus"}, "timeZone"),
        ("timeseries", {"timeZone": "../../etc/passwd"}, "timeZone"),
        ("requests", {"limit": "0"}, "limit"),
        ("requests", {"cursor": "x"}, "cursor"),
        ("export", {"limit": "5"}, "limit"),
        ("filters", {"period": "7d"}, "period"),
    ],
)
def test_it_rejects_what_it_does_not_understand(
    api: httpx.Client, path: str, query: dict[str, str], param: str
) -> None:
    response = api.get(f"/usage/{path}", params=query)
    assert (response.status_code, response.json()["error"]["param"]) == (400, param)


def test_a_series_in_the_readers_time_zone(api: httpx.Client, alice: Any) -> None:
    from accounts.models import Preferences

    # In Athens it is the next day already.
    use(alice, timezone.now() - datetime(2026, 3, 5, 22, 30, tzinfo=UTC))
    query = {"period": "custom", "from": "2026-03-05", "to": "2026-03-07", "bucket": "day"}
    found = get(api, "timeseries", **query, timeZone="Europe/Athens")
    days = [(each["start"], each["totalRequests"]) for each in found["data"]]
    assert days == [
        ("2026-03-05T00:00:00+02:00", 0), ("2026-03-06T00:00:00+02:00", 1), ("2026-03-07T00:00:00+02:00", 0)
    ]  # fmt: skip
    assert get(api, "timeseries", **query)["timeZone"] == "UTC"
    Preferences.objects.update_or_create(user=alice, defaults={"time_zone": "Asia/Tokyo"})
    assert get(api, "timeseries", **query)["timeZone"] == "Asia/Tokyo"


def test_requests_a_page_at_a_time(api: httpx.Client, alice: Any, bob: Any) -> None:
    made = [use(alice, timedelta(hours=n + 1), model="mn"[n % 2]) for n in range(5)]
    use(bob, DAY)
    first = get(api, "requests", limit=3)
    second = get(api, "requests", limit=3, cursor=first["nextCursor"])
    ids = [each["id"] for each in first["data"] + second["data"]]
    assert ids == [row.public_id for row in made]
    assert second["nextCursor"] is None
    assert len(get(api, "requests", model="n")["data"]) == 2


def test_a_csv_that_runs_nothing(api: httpx.Client, alice: Any, make_keys: Any) -> None:
    from apikeys.models import ApiKey

    [key_id] = make_keys(alice, 1)
    ApiKey.objects.filter(pk=key_id).update(name='=HYPERLINK("http://evil.example")')
    made = [use(alice, n * timedelta(minutes=1), key_id=key_id, cost="0.000000001") for n in range(1200)]
    response = api.get("/usage/export", params={"period": "7d"})
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"].startswith("attachment; filename=")
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert [row["id"] for row in rows] == [row.public_id for row in reversed(made)]
    assert rows[0]["key"].startswith("'=HYPERLINK")
    assert {row["cost"] for row in rows} == {"0.000000001"}


@pytest.mark.parametrize(
    ("cost", "written"), [("0", "0.000000000"), ("0.000000123", "0.000000123"), ("12", "12.000000000")]
)
def test_costs_in_the_csv_are_plain_decimals(api: httpx.Client, alice: Any, cost: str, written: str) -> None:
    use(alice, DAY, cost=Decimal(cost))
    rows = csv.DictReader(io.StringIO(api.get("/usage/export").text))
    assert [row["cost"] for row in rows] == [written]
