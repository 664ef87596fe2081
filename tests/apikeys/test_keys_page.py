"""`/keys` over HTTP."""

from collections.abc import Callable
from typing import Any

import httpx

Browser = Callable[..., httpx.Client]


def create(browser: httpx.Client, **data: Any) -> httpx.Response:
    return browser.post("/keys", data={"csrfmiddlewaretoken": browser.cookies["csrftoken"], **data})


def test_it_creates_and_shows_once(sign_in: Browser, alice: Any) -> None:
    browser = sign_in(alice)
    page = create(browser, name="Mine", permissions=["chat", "vision"])
    assert page.text.count("sk-wm-") > 3
    assert page.headers["cache-control"].startswith("max-age=0, no-cache, no-store")
    key = alice.api_keys.get()
    assert key.permissions == ["chat", "vision"]
    again = browser.get("/keys").text
    assert key.hint in again
    assert '<code id="secret"' not in again


def test_it_rejects_and_keeps_what_was_typed(sign_in: Browser, alice: Any) -> None:
    browser = sign_in(alice)
    page = create(browser, name="Mine")
    assert 'value="Mine"' in page.text
    assert "This field is required." in page.text
    create(browser, name="x", permissions=["king"])
    create(browser, name="a\x00b", permissions=["chat"])
    assert not alice.api_keys.exists()


def test_it_revokes(sign_in: Browser, alice: Any, make_key: Callable[..., str]) -> None:
    make_key(alice)
    key = alice.api_keys.get()
    browser = sign_in(alice)
    token = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    assert key.hint not in browser.post(f"/keys/{key.public_id}/revoke", data=token).text
    key.refresh_from_db()
    assert key.is_revoked


def test_anothers_key_is_not_there(
    sign_in: Browser, alice: Any, bob: Any, make_key: Callable[..., str]
) -> None:
    make_key(alice)
    key = alice.api_keys.get()
    browser = sign_in(bob)
    assert key.hint not in browser.get("/keys").text
    token = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    assert browser.post(f"/keys/{key.public_id}/revoke", data=token).status_code == 404
    key.refresh_from_db()
    assert not key.is_revoked


def test_a_form_from_another_site_is_refused_w08(sign_in: Browser, alice: Any) -> None:
    browser = sign_in(alice)
    del browser.headers["x-csrftoken"]
    assert browser.post("/keys", data={"name": "x", "permissions": "chat"}).status_code == 403
    assert not alice.api_keys.exists()
