"""`/keys` in a real browser: by keyboard, on a phone, in both themes."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.portal_process import PortalProcess
from tests.usage.test_ledger import ask

SignIn = Callable[[Any], Page]
MakeKey = Callable[..., str]


def test_a_key_is_made_limited_and_used_by_keyboard(
    sign_in_page: SignIn, alice: Any, portal: PortalProcess
) -> None:
    page = sign_in_page(alice)
    page.goto("/keys")
    page.get_by_role("button", name="Create new key").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("Keyboard")
    page.locator("summary", has_text="Limits").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Requests per minute").fill("1")
    page.locator("#create-key").focus()
    page.keyboard.press("Enter")
    secret = page.locator("#secret").inner_text()
    page.get_by_role("tab", name="curl", exact=True).focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Python", exact=True)).to_be_focused()
    expect(page.locator("#code-python")).to_be_visible()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#code-node-anthropic")).to_contain_text(secret)
    headers = {"x-api-key": secret}
    url = f"{portal.api}/chat/completions"
    codes = [httpx.post(url, headers=headers, json=ask("Count to 2")).status_code for _ in range(2)]
    assert codes == [200, 429]
    page.goto("/keys")
    expect(page.get_by_role("img", name="1 in all, at most 1 a day")).to_be_visible()


def test_an_error_reopens_the_dialog_at_the_field(sign_in_page: SignIn, alice: Any) -> None:
    page = sign_in_page(alice)
    page.goto("/keys")
    page.get_by_role("button", name="Create new key").click()
    page.get_by_label("Name").fill("Mine")
    page.locator("summary", has_text="Limits").click()
    page.get_by_label("Allowed addresses").fill("nonsense")
    page.locator("#create-key").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Mine")
    expect(page.get_by_label("Allowed addresses")).to_be_focused()
    expect(page.get_by_role("dialog")).to_contain_text("Not an address")


def test_edit_disable_regenerate_delete(sign_in_page: SignIn, alice: Any, make_key: MakeKey) -> None:
    make_key(alice)
    page = sign_in_page(alice)
    page.goto("/keys")
    page.get_by_role("link", name="Edit A key").click()
    page.get_by_label("Name").fill("Better name")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("status")).to_have_text("“Better name” is changed.")
    page.get_by_role("button", name="Disable Better name").click()
    page.get_by_role("button", name="Enable Better name").click()
    page.get_by_role("link", name="Regenerate Better name").click()
    page.get_by_label("The old secret").select_option("works for another hour")
    page.get_by_role("button", name="Regenerate").click()
    expect(page.locator("#secret")).to_contain_text(alice.api_keys.get().hint[-4:])
    expect(page.locator(".key-warning")).to_contain_text("old secret still works")
    page.get_by_role("link", name="Delete Better name").click()
    expect(page.locator("main")).to_contain_text("stop working at once")
    page.get_by_role("button", name="Delete key").click()
    expect(page.locator("main")).to_contain_text("No keys yet")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_shows_everything(sign_in_page: SignIn, alice: Any, make_key: MakeKey, theme: Any) -> None:
    make_key(
        alice,
        "chat",
        "vision",
        "image",
        "embeddings",
        "manage",
        name="A" * 100,
        rpm_limit=30,
        daily_limit=1_000_000,
        ip_whitelist=["2001:db8:1234:5678:9abc:def0:1234:5678", "203.0.113.0/24"],
        expires_in_days=3,
    )
    page = sign_in_page(alice)
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/keys")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate("document.querySelector('main').scrollWidth") == 390
    page.get_by_role("button", name="Create new key").click()
    page.locator("summary", has_text="Limits").click()
    page.get_by_label("Allowed models").scroll_into_view_if_needed()
    expect(page.get_by_label("Allowed models")).to_be_in_viewport()
    page.locator("#create-key").scroll_into_view_if_needed()
    expect(page.locator("#create-key")).to_be_in_viewport()
