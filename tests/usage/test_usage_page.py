"""`/usage` over HTTP: figures, charts, tables and filters, without a script."""

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from django.utils import timezone

from tests.ledger_rows import rewrite
from tests.usage.drawn import drawer
from tests.usage.pages import chart_rows, figure, figures, table_rows, text, used, used_at
from tests.usage.requests import living_process
from tests.usage.test_ledger import ask

Browser = Callable[..., httpx.Client]
DAY = timedelta(days=1)


def usage(browser: httpx.Client, **query: Any) -> str:
    response = browser.get("/usage", params=query)
    assert response.status_code == 200, response.text
    return response.text


@pytest.fixture
def browser(sign_in: Browser, alice: Any) -> httpx.Client:
    return sign_in(alice)


def requests_in(html: str) -> list[str]:
    return re.findall(r'data-request="(req_\w+)"', html)


def exported(browser: httpx.Client, html: str) -> list[str]:
    """The ids in the file that the page links."""
    link = re.search(r'href="(/api/usage/export\?[^"]+)"', html)
    assert link is not None
    response = browser.get(link[1].replace("&amp;", "&"))
    assert response.status_code == 200, response.text
    return [row["id"] for row in csv.DictReader(io.StringIO(response.text))]


def test_it_works(browser: httpx.Client, api: httpx.Client) -> None:
    answers = [api.post("/chat/completions", json=ask("Count to 9")) for _ in range(2)]
    stats = api.get("/usage/summary", params={"period": "30d"}).json()["stats"]
    html = usage(browser)
    assert figures(html, "requests", "output", "errors") == ["2", "18", "0 %"]
    assert figure(html, "input")[1] == str(stats["inputTokens"])
    assert figure(html, "requests")[2] == ""
    assert text(html).count("Nothing to compare with: no requests between") == 1
    assert requests_in(html) == [answer.headers["x-request-id"] for answer in reversed(answers)]
    assert table_rows(html, "by-model") == [
        ["Waymore-A1-Instruct-1011", "2", str(stats["totalTokens"]), "0.00"]
    ]
    assert table_rows(html, "by-key")[0][0] == "A key"
    for name in ("requests", "tokens", "cost", "latency", "errors"):
        assert len(chart_rows(html, name)) in (32, 33), (
            "heads, and each day of thirty, the first and last in part"
        )
    assert chart_rows(html, "requests")[-1][1:] == ["2", "0"]
    assert "style=" not in html


def test_who_has_used_nothing_is_shown_how_to_begin(browser: httpx.Client, portal: Any) -> None:
    html = usage(browser)
    assert 'href="/keys"' in html
    assert f"curl {portal.url}/api/chat/completions" in html
    assert 'class="chart"' not in html


def test_each_figure_says_how_it_has_changed(browser: httpx.Client, alice: Any) -> None:
    used(alice, cost=Decimal("1.5"), duration_ms=2000, status="failed")
    used(alice, cost=Decimal("0.7"), duration_ms=2000, output_tokens=20)
    for _ in range(4):
        used(alice, 40 * DAY, output_tokens=10)
    html = usage(browser, period="30d")
    assert figure(html, "requests")[2] == "↓ 50 % less"
    assert figure(html, "output")[2] == "as before"
    assert figure(html, "cost")[2] == "↑ 10 % more"
    assert figure(html, "errors") == ("50 %", "50 %", "↑ 50 points more")
    assert re.fullmatch(r"↑ \d+ % slower", figure(html, "median")[2])
    assert "data-bad" in html
    assert figure(usage(browser, period="90d"), "requests")[2] == ""


def test_a_figure_that_was_not_known_before_has_no_change(browser: httpx.Client, alice: Any) -> None:
    used(alice)
    used(alice, 40 * DAY, first_token_ms=None)
    html = usage(browser)
    assert figure(html, "first-token")[2] == "no earlier data"
    assert "Changes are against the time before" in html


def test_a_reason_that_says_the_status_is_not_said_twice(browser: httpx.Client, alice: Any) -> None:
    used(alice, status="interrupted", error_type="interrupted")
    used(alice, status="failed", error_type="overloaded")
    states = [row[3] for row in table_rows(usage(browser), "usage-recent")]
    assert states == ["Failed overloaded", "Interrupted"]


def test_numbers_are_exact_on_hover(browser: httpx.Client, alice: Any) -> None:
    used(alice, input_tokens=12_345_678, cost=Decimal("1234.567890123"), duration_ms=61_000)
    html = usage(browser)
    assert figure(html, "input")[:2] == ("12.3M", "12,345,678")
    assert figure(html, "cost")[:2] == ("1,234.57", "1,234.567890123")
    assert 'title="61,000 ms">1 min 1 s<' in html


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 4),
        ({"model": "beta"}, 1),
        ({"status": "failed"}, 1),
        ({"model": "none"}, 0),
        ({"period": "24h"}, 3),
    ],
)
def test_it_filters(browser: httpx.Client, alice: Any, query: dict[str, str], count: int) -> None:
    used(alice)
    used(alice, model="beta")
    used(alice, status="failed")
    used(alice, 3 * DAY)
    html = usage(browser, **query)
    assert len(requests_in(html)) == count
    if count:
        assert figures(html, "requests") == [str(count)]
    else:
        assert "None fits the filters above." in html
    for name, value in query.items():
        assert value in html, f"{name} stays chosen"


def test_it_filters_by_key(browser: httpx.Client, alice: Any, bob: Any, make_key: Callable[..., str]) -> None:
    for user in (alice, bob):
        make_key(user)
    key, others = alice.api_keys.get(), bob.api_keys.get()
    used(alice, key=key)
    used(alice)
    html = usage(browser, key=key.public_id)
    assert figures(html, "requests") == ["1"]
    assert f'<option value="{key.public_id}" selected>' in html
    assert exported(browser, html) == requests_in(html)
    for unknown in (others.public_id, "key_1", "nonsense"):
        assert browser.get("/usage", params={"key": unknown}).status_code == 404
    page = browser.get("/keys").text
    assert f'href="/usage?key={key.public_id}"' not in page, "it was never used itself"


@pytest.mark.parametrize("name", ["model", "status", "part", "seen", "by", "period"])
@pytest.mark.parametrize("value", ["\x00", "\ud800", "'; --", "x" * 3000])
def test_no_address_breaks_it(browser: httpx.Client, alice: Any, name: str, value: str) -> None:
    used(alice)
    address = f"/usage?{name}={quote(value, errors='surrogatepass')}"
    assert browser.get(address).status_code in (200, 400)


def test_it_shows_only_ones_own(browser: httpx.Client, alice: Any, bob: Any) -> None:
    used(bob, model="secret-model")
    used(alice)
    html = usage(browser)
    assert figures(html, "requests") == ["1"]
    assert "secret-model" not in html


def test_days_of_ones_own_are_whole_days_there(browser: httpx.Client, alice: Any) -> None:
    browser.cookies.set("time_zone", "Europe/Athens", domain="127.0.0.1")
    # In Athens it is the 2nd already, and until 22:00 UTC it is the 3rd.
    for hour, day in ((21, 1), (22, 1), (21, 3), (22, 3)):
        used_at(alice, datetime(2026, 3, day, hour, 30, tzinfo=UTC))
    html = usage(browser, period="custom", **{"from": "2026-03-02", "to": "2026-03-03"})
    assert figures(html, "requests") == ["2"]
    assert exported(browser, html) == list(reversed(requests_in(html)))
    assert "2 Mar 2026 – 3 Mar 2026" in text(html)
    rows = chart_rows(
        usage(browser, period="custom", by="day", **{"from": "2026-03-02", "to": "2026-03-03"}), "requests"
    )
    assert [row[:2] for row in rows[1:]] == [["Mon, 2 Mar 2026", "1"], ["Tue, 3 Mar 2026", "1"]]


def test_the_longest_period_has_its_file_too(browser: httpx.Client, alice: Any) -> None:
    used_at(alice, datetime(2026, 6, 1, 12, tzinfo=UTC))
    days = {"period": "custom", "from": "2017-01-01"}
    html = usage(browser, **days, to="2027-01-08")
    assert exported(browser, html) == requests_in(html)
    assert browser.get("/usage", params=days | {"to": "2027-01-09"}).status_code == 400


def test_a_year_by_day_has_every_day(browser: httpx.Client, alice: Any) -> None:
    used_at(alice, datetime(2026, 6, 1, 12, tzinfo=UTC))
    year = {"period": "custom", "from": "2026-01-01", "to": "2026-12-31"}
    assert len(chart_rows(usage(browser, **year, by="day"), "cost")) == 366
    assert len(chart_rows(usage(browser, **year), "cost")) == 54, "by week, unasked"
    assert len(chart_rows(usage(browser, **year, by="hour"), "cost")) == 54, "nobody could read that"


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"period": "31d"}, "There is no such period."),
        ({"period": "custom"}, "Say the first and the last day"),
        ({"period": "custom", "from": "2026-02-30", "to": "2026-03-01"}, "Say the first and the last day"),
        ({"period": "custom", "from": "2026-03-02", "to": "2026-03-01"}, "The last day is before the first."),
        ({"period": "custom", "from": "0001-01-01", "to": "9999-12-31"}, "more than ten years"),
        ({"cursor": "x"}, "cursor"),
    ],
)
def test_it_says_what_it_cannot_read(
    browser: httpx.Client, alice: Any, query: dict[str, str], reason: str
) -> None:
    used(alice)
    response = browser.get("/usage", params=query)
    assert response.status_code == 400
    assert reason in response.text


def test_the_list_goes_on_where_it_ended(browser: httpx.Client, alice: Any) -> None:
    rows = [used(alice, timedelta(minutes=number)).public_id for number in range(45)]
    seen, address = [], "/usage?part=recent"
    while address:
        html = browser.get(address).text
        seen += requests_in(html)
        more = re.search(r'id="load-more" href="([^"]+)"', html)
        address = f"/usage{more[1].replace('&amp;', '&')}&part=recent" if more else ""
    assert seen == rows


def test_what_has_not_changed_is_not_sent_again(browser: httpx.Client, alice: Any) -> None:
    record = used(alice, status="open")

    def seen() -> str:
        found = re.search(r'data-seen="(\w+)"', usage(browser, part="usage"))
        assert found is not None
        return found[1]

    first = seen()
    again = browser.get("/usage", params={"part": "usage", "seen": first})
    assert (again.status_code, again.text) == (204, "")
    rewrite(type(record).objects.filter(pk=record.pk), status="complete")
    assert browser.get("/usage", params={"part": "usage", "seen": first}).status_code == 200
    second = seen()
    used(alice)
    assert len({first, second, seen()}) == 3


@pytest.mark.parametrize("query", [{}, {"status": "complete"}])
def test_what_ends_shows_also_where_newer_ones_fill_the_list(
    browser: httpx.Client, alice: Any, query: dict[str, str]
) -> None:
    long = used(alice, timedelta(hours=1), status="open", process=living_process())
    for _ in range(20):
        used(alice)
    seen = re.search(r'data-seen="(\w+)"', usage(browser, part="usage", **query))
    assert seen is not None
    poll = {"part": "usage", "seen": seen[1], **query}
    assert browser.get("/usage", params=poll).status_code == 204
    rewrite(type(long).objects.filter(pk=long.pk), status="complete")
    assert long.public_id not in usage(browser, **query)
    assert browser.get("/usage", params=poll).status_code == 200


def test_what_ends_as_another_begins_shows_also_where_neither_is_listed(
    browser: httpx.Client, alice: Any
) -> None:
    long = used(alice, timedelta(hours=1), status="open", process=living_process())
    seen = re.search(r'data-seen="(\w+)"', usage(browser, part="usage", status="failed"))
    assert seen is not None
    rewrite(type(long).objects.filter(pk=long.pk), status="complete")
    used(alice, status="open")
    poll = {"part": "usage", "seen": seen[1], "status": "failed"}
    assert browser.get("/usage", params=poll).status_code == 200


def test_times_are_in_the_accounts_zone_the_browsers_or_utc(browser: httpx.Client, alice: Any) -> None:
    from accounts.profile.services import update_profile

    record = used_at(alice, timezone.now().replace(minute=7, second=9) - 2 * DAY)
    hour = (record.started_at.hour + 9) % 24
    assert "Times in UTC." in usage(browser)
    for nonsense in ("../../etc/passwd", "Mars/Olympus", ""):
        browser.cookies.set("time_zone", nonsense, domain="127.0.0.1")
        assert "Times in UTC." in usage(browser)
    browser.cookies.set("time_zone", "Asia/Tokyo", domain="127.0.0.1")
    html = usage(browser)
    assert "Times in Asia/Tokyo, as your browser says." in html
    assert f"{hour:02}:07:09" in html
    assert f'title="{record.started_at:%Y-%m-%d %H:%M:%S} UTC"' in html
    update_profile(user=alice, changes={"time_zone": "Pacific/Auckland"})
    assert "Times in Pacific/Auckland, as your profile says." in usage(browser)


def test_what_others_wrote_is_text(browser: httpx.Client, alice: Any, make_key: Callable[..., str]) -> None:
    make_key(alice, name="<img src=x>")
    used(alice, model="<script>alert(1)</script>", key=alice.api_keys.get())
    html = usage(browser, model="<script>alert(1)</script>")
    assert "<script>alert" not in html
    assert "<img src=x>" not in html


def test_a_budget_tells_where_it_will_end(browser: httpx.Client, alice: Any) -> None:
    from accounts.models import UserLimits

    UserLimits.objects.create(user=alice, cost_per_month=Decimal(10))
    used(alice, cost=Decimal(4))
    assert "4.00 of 10.00 this month (cost)" in usage(browser)
    used(alice, cost=Decimal(6))
    assert "Used up. Requests are refused until" in usage(browser)


def test_it_speaks_the_readers_language(browser: httpx.Client, alice: Any) -> None:
    from accounts.profile.services import update_profile

    used(alice, input_tokens=1234)
    update_profile(user=alice, changes={"language": "de"})
    html = usage(browser)
    assert "Anfragen" in html
    assert figures(html, "input") == ["1.234"]


def test_the_menu_leads_to_it(browser: httpx.Client, alice: Any, api: httpx.Client) -> None:
    api.post("/chat/completions", json=ask("Count to 2"))
    key = alice.api_keys.get()
    page = browser.get("/keys").text
    assert 'href="/usage"' in page
    assert f'href="/usage?key={key.public_id}"' in page


def test_it_asks_the_database_little(
    browser: httpx.Client, alice: Any, make_keys: Any, make_team: Any
) -> None:
    from accounts.models import UserLimits

    UserLimits.objects.create(user=alice, cost_per_month=Decimal(10))
    make_team(alice, cost_per_month=Decimal(100))
    for key in (*make_keys(alice), None):
        for days in (0, 3, 40):
            used(alice, days * DAY, key_id=key)
            used(alice, days * DAY, key_id=key, model="beta", status="failed")
    draw = drawer(browser)
    # Once a minute it is noted when the browser was seen.
    draw("/usage")
    page = draw("/usage")
    assert figures(page.html, "requests") == ["12"]
    # How many it takes depends on what is closed by now.
    assert len(page.asked) <= 42, page.asked


def test_a_request_leads_to_where_it_was_made(
    browser: httpx.Client, alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from usage.dashboard import origins

    asked = []
    chatted, called = used(alice), used(alice, timedelta(hours=1))

    def find(user: Any, request_ids: Any) -> dict[Any, str]:
        asked.append((user, set(request_ids)))
        return {chatted.pk: '/chat/ses_1#msg_"1"'}

    monkeypatch.setattr(origins, "_finders", [])
    origins.register(find)
    draw = drawer(browser)
    html = draw("/usage").html
    at = f"{chatted.started_at:%-d %b, %H:%M:%S}"
    assert re.findall(r'class="request-origin" href="([^"]+)".*? aria-label="([^"]+)"', html) == [
        ("/chat/ses_1#msg_&quot;1&quot;", f"Open the chat: {at}")
    ]
    assert asked == [(alice, {chatted.pk, called.pk})], "once for all rows"
    seen = re.search(r'data-seen="(\w+)"', html)
    assert seen is not None
    assert draw("/usage", part="usage", seen=seen[1]).status == 204
    assert len(asked) == 1, "not while nothing has changed"
    assert "request-origin" in draw("/usage", part="recent").html
