"""`/keys` over HTTP: everything by forms, without a script."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from django.utils import timezone

from apikeys.access import find_by_secret
from tests.portal_process import PortalProcess
from usage.models import Status, UsageRecord

Browser = Callable[..., httpx.Client]
MakeKey = Callable[..., str]
NEW = {"name": "Mine", "permissions": ["chat"]}


def send(browser: httpx.Client, path: str, **data: Any) -> httpx.Response:
    return browser.post(path, data={"csrfmiddlewaretoken": browser.cookies["csrftoken"], **data})


def secret_in(page: httpx.Response) -> str:
    found = re.search(r'<code id="secret"[^>]*>(sk-wm-\w+)</code>', page.text)
    assert found is not None
    return found[1]


def test_it_creates_and_shows_once(sign_in: Browser, alice: Any, portal: PortalProcess) -> None:
    browser = sign_in(alice)
    page = send(browser, "/keys", name="Mine", permissions=["chat", "vision"])
    secret = secret_in(page)
    assert page.text.count(secret) == 7, "once itself, and in three languages of two formats"
    assert page.headers["cache-control"].startswith("max-age=0, no-cache, no-store")
    assert f"curl {portal.url}/api/v1/messages" in page.text
    key = alice.api_keys.get()
    assert key.permissions == ["chat", "vision"]
    again = browser.get("/keys").text
    assert key.hint in again
    assert secret not in again


def test_it_takes_every_limit(sign_in: Browser, alice: Any) -> None:
    page = send(
        sign_in(alice),
        "/keys",
        **NEW,
        rpm_limit="30",
        daily_limit="1000",
        monthly_limit="20000",
        monthly_cost_limit="12.50",
        expires="30",
        ip_whitelist="203.0.113.10\r\n2001:db8::/32",
        allowed_models="gpt-4o, Waymore-A1-Instruct-1011",
    )
    key = alice.api_keys.get()
    assert (key.rpm_limit, key.daily_limit, key.monthly_limit) == (30, 1000, 20_000)
    assert key.monthly_cost_limit == Decimal("12.5")
    assert key.ip_whitelist == ["203.0.113.10", "2001:db8::/32"]
    assert key.allowed_models == ["gpt-4o", "Waymore-A1-Instruct-1011"]
    assert timedelta(days=29) < key.expires_at - timezone.now() <= timedelta(days=30)
    for told in (
        "30 requests per minute",
        "0 of 1,000 tokens per day",
        "0 of 12.5 per month",
        "203.0.113.10",
    ):
        assert told in page.text


@pytest.mark.parametrize(
    ("data", "field", "reason"),
    [
        ({"permissions": []}, "id_permissions", "This field is required."),
        ({"permissions": ["king"]}, "id_permissions", "Select a valid choice"),
        ({"name": "a\x00b"}, "id_name", "Null characters are not allowed."),
        ({"rpm_limit": "0"}, "id_rpm_limit", "greater than or equal to 1"),
        ({"rpm_limit": "9" * 12}, "id_rpm_limit", "A whole number from 1 to 1000000"),
        ({"monthly_cost_limit": "0"}, "id_monthly_cost_limit", "Above 0"),
        ({"monthly_cost_limit": "NaN"}, "id_monthly_cost_limit", "Enter a number."),
        ({"ip_whitelist": "203.0.113.10\nnonsense"}, "id_ip_whitelist", "Not an address such as"),
        ({"allowed_models": "x" * 201}, "id_allowed_models", "1 to 200 characters"),
        ({"expires": "8"}, "id_expires", "Select a valid choice"),
    ],
)
def test_it_rejects_at_the_field_and_keeps_what_was_typed(
    sign_in: Browser, alice: Any, data: dict[str, Any], field: str, reason: str
) -> None:
    page = send(sign_in(alice), "/keys", **{**NEW, "daily_limit": "4711", **data})
    assert 'value="4711"' in page.text
    error = re.search(rf'id="{field}_error"><li>(.*?)</li>', page.text)
    assert error is not None
    assert reason in error[1]
    assert not alice.api_keys.exists()


def test_it_edits_and_keeps_the_expiry(sign_in: Browser, alice: Any, make_key: MakeKey) -> None:
    make_key(alice, rpm_limit=5, expires_in_days=30, ip_whitelist=["203.0.113.10"])
    key = alice.api_keys.get()
    browser = sign_in(alice)
    form = browser.get(f"/keys/{key.public_id}/edit").text
    assert 'value="5"' in form
    assert "203.0.113.10" in form
    changed = {"name": "Renamed", "permissions": ["chat", "manage"], "rpm_limit": "", "expires": "keep"}
    page = send(browser, f"/keys/{key.public_id}/edit", **changed)
    assert page.url.path == "/keys"
    assert "“Renamed” is changed." in page.text
    before, key = key, alice.api_keys.get()
    assert (key.name, key.permissions, key.rpm_limit) == ("Renamed", ["chat", "manage"], None)
    assert (key.ip_whitelist, key.expires_at) == ([], before.expires_at)
    assert key.secret_digest == before.secret_digest
    send(browser, f"/keys/{key.public_id}/edit", **{**changed, "expires": ""})
    assert alice.api_keys.get().expires_at is None


def test_it_regenerates(sign_in: Browser, alice: Any, make_key: MakeKey) -> None:
    first = make_key(alice, rpm_limit=5)
    key = alice.api_keys.get()
    browser = sign_in(alice)
    path = f"/keys/{key.public_id}/regenerate"
    assert "stay" in browser.get(path).text
    second = secret_in(send(browser, path))
    assert find_by_secret(first) is None
    assert find_by_secret(second) == key
    page = send(browser, path, grace="3600")
    third = secret_in(page)
    assert "Its old secret still works until" in page.text
    assert find_by_secret(second) == find_by_secret(third) == key
    assert alice.api_keys.get().rpm_limit == 5


def test_it_disables_and_enables(sign_in: Browser, alice: Any, make_key: MakeKey) -> None:
    make_key(alice)
    key = alice.api_keys.get()
    browser = sign_in(alice)
    assert 'data-status="disabled"' in send(browser, f"/keys/{key.public_id}/disable").text
    assert 'data-status="active"' in send(browser, f"/keys/{key.public_id}/enable").text


def test_it_says_what_deleting_means_and_deletes(sign_in: Browser, alice: Any, make_key: MakeKey) -> None:
    make_key(alice)
    key = alice.api_keys.get()
    browser = sign_in(alice)
    path = f"/keys/{key.public_id}/delete"
    assert "stop working at once" in browser.get(path).text
    assert key.public_id not in send(browser, path).text
    key.refresh_from_db()
    assert key.is_revoked
    assert browser.get(path).status_code == 404


def test_it_shows_use_and_warns(sign_in: Browser, alice: Any, make_key: MakeKey) -> None:
    make_key(alice, daily_limit=100, monthly_limit=100, expires_in_days=3)
    key = alice.api_keys.get()
    known = {"user": alice, "key": key, "model": "m", "format": "openai"}
    today = timezone.now().replace(hour=0, minute=0)
    UsageRecord.objects.create(**known, started_at=today, status=Status.FAILED, input_tokens=80)
    page = sign_in(alice).get("/keys").text
    assert "Expires within 3 days." in page
    assert "80 of 100 tokens per day are used: 80 %." in page
    assert "last 14 days: 1 in all, at most 1 a day" in page
    assert f"<title>{today:%Y-%m-%d}: 1, 1 failed</title>" in page
    UsageRecord.objects.create(**known, started_at=today, status=Status.COMPLETE, input_tokens=20)
    assert "100 of 100 tokens per day are used up. It is refused until" in sign_in(alice).get("/keys").text


@pytest.mark.parametrize("step", ["edit", "regenerate", "delete", "enable", "disable"])
def test_anothers_key_is_not_there(
    sign_in: Browser, alice: Any, bob: Any, make_key: MakeKey, step: str
) -> None:
    make_key(alice)
    key = alice.api_keys.get()
    browser = sign_in(bob)
    assert key.hint not in browser.get("/keys").text
    assert send(browser, f"/keys/{key.public_id}/{step}", **NEW).status_code == 404
    if step in ("edit", "regenerate", "delete"):
        assert browser.get(f"/keys/{key.public_id}/{step}").status_code == 404
    before, key = key, alice.api_keys.get()
    assert vars(key) | {"_state": None} == vars(before) | {"_state": None}


def test_a_form_from_another_site_is_refused_w08(sign_in: Browser, alice: Any, make_key: MakeKey) -> None:
    make_key(alice)
    key = alice.api_keys.get()
    browser = sign_in(alice)
    del browser.headers["x-csrftoken"]
    assert browser.post("/keys", data=NEW).status_code == 403
    for step in ("edit", "regenerate", "delete", "enable", "disable"):
        assert browser.post(f"/keys/{key.public_id}/{step}", data=NEW).status_code == 403
    assert alice.api_keys.count() == 1
    assert not alice.api_keys.get().is_revoked
