"""A newcomer's first hour: sign up, chat, make a key, call the API with it."""

import subprocess
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.portal_process import PortalProcess

LOADED = """() => ["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind))
  .map((entry) => [entry.name, entry.transferSize])"""


def test_it_works(page: Page, portal: PortalProcess, new_email: str) -> None:
    sign_up(page, new_email)
    chat(page)
    curl = make_key(page)
    answer = subprocess.run(["sh", "-c", curl], capture_output=True, text=True, check=True).stdout
    assert '"chat.completion"' in answer
    assert portal.url in curl


def sign_up(page: Page, email: str) -> None:
    page.goto("/register")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill("correct-horse-battery")
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url("**/verify-email")
    page.locator("#outbox-link").click()
    page.get_by_role("button", name="Yes, verify it").click()
    page.wait_for_url("**/chat")


def chat(page: Page) -> None:
    page.locator("#composer-input").fill("How do I create an API key?")
    page.keyboard.press("Enter")
    answer = page.locator('.turn[data-role="assistant"]')
    expect(answer).to_have_attribute("data-status", "complete")
    expect(answer.locator(".answer strong").first).to_contain_text("API keys: Create an API key")
    expect(answer.locator(".answer ol li")).to_have_count(3)
    expect(page.locator("#sidebar-sessions a")).to_have_text("How do I create an API key?")
    page.reload()
    expect(page.locator(".question")).to_have_text("How do I create an API key?")
    expect(page.locator(".answer ol li")).to_have_count(3)
    expect(page.locator("#sidebar-sessions a")).to_have_attribute("aria-current", "page")


def make_key(page: Page) -> str:
    """Returns the ready-made curl call."""
    page.get_by_role("link", name="API keys").click()
    page.get_by_role("button", name="Create new key").click()
    page.get_by_label("Name").fill("My First API Key")
    page.locator("#create-key").click()
    secret = page.locator("#secret").inner_text()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#copy-secret").click()
    expect(page.locator("#copy-secret")).to_have_text("✓")
    assert page.evaluate("navigator.clipboard.readText()") == secret
    curl = page.locator("#code-curl").inner_text()
    page.get_by_role("tab", name="Python", exact=True).click()
    expect(page.locator("#code-python")).to_contain_text(f'api_key="{secret}"')
    page.get_by_role("tab", name="Node", exact=True).click()
    expect(page.locator("#code-node")).to_contain_text(f'apiKey: "{secret}"')
    page.goto("/keys")
    expect(page.locator("main")).not_to_contain_text(secret)
    return curl


def test_the_answer_streams_token_by_token(sign_in_page: Callable[[Any], Page], alice: Any) -> None:
    page = sign_in_page(alice)
    page.locator("#composer-input").fill("Count to 150")
    page.keyboard.press("Enter")
    answer = page.locator(".answer")
    lengths = set()
    while page.locator('.turn[data-role="assistant"][data-status="complete"]').count() == 0:
        lengths.add(len(answer.inner_text()) if answer.count() else 0)
        page.wait_for_timeout(50)
    assert len(lengths) > 5, "the answer came in one piece"
    expect(answer).to_contain_text("148 149 150")


def test_a_reload_in_the_middle_goes_on(sign_in_page: Callable[[Any], Page], alice: Any) -> None:
    page = sign_in_page(alice)
    page.locator("#composer-input").fill("Count to 200")
    page.keyboard.press("Enter")
    expect(page.locator(".answer")).to_contain_text("20")
    page.wait_for_url("**/chat/ses_*")
    page.reload()
    expect(page.locator('.turn[data-status="complete"] .answer')).to_have_text(
        " ".join(str(number) for number in range(1, 201)), timeout=15_000
    )


def test_stop_keeps_what_was_said(sign_in_page: Callable[[Any], Page], alice: Any) -> None:
    from usage.models import Status, UsageRecord

    page = sign_in_page(alice)
    page.locator("#composer-input").fill("Count to 1000")
    page.keyboard.press("Enter")
    expect(page.locator(".answer")).to_contain_text("10 11 12")
    page.locator("#stop").click()
    stopped = page.locator('.turn[data-status="stopped"]')
    expect(stopped.locator(".answer")).to_contain_text("10 11 12")
    expect(page.locator("#send")).to_be_visible()
    page.reload()
    expect(stopped.locator(".answer")).to_contain_text("10 11 12")
    row = UsageRecord.objects.get(user=alice)
    assert row.status == Status.CANCELLED
    assert row.messages.get().status == "stopped"
    assert row.messages.get().output_tokens == row.output_tokens


def test_a_draft_survives_a_reload(sign_in_page: Callable[[Any], Page], alice: Any) -> None:
    page = sign_in_page(alice)
    page.locator("#composer-input").press_sequentially("Not yet sent")
    page.reload()
    expect(page.locator("#composer-input")).to_have_value("Not yet sent")
    page.keyboard.press("Shift+Enter")
    assert page.locator(".turn").count() == 0


def test_nothing_a_model_says_runs(sign_in_page: Callable[[Any], Page], alice: Any) -> None:
    page = sign_in_page(alice)
    attack = '<img src=x onerror="alert(1)"> [x](javascript:alert) <script>alert(1)</script>'
    page.locator("#composer-input").fill(f"Repeat after me: {attack} ![i](http://127.0.0.1:9/i.png)")
    page.keyboard.press("Enter")
    answer = page.locator('.turn[data-status="complete"] .answer')
    expect(answer).to_contain_text("onerror")
    assert answer.locator("img, script, [onerror], a[href^=javascript]").count() == 0
    expect(answer.locator("a[href='http://127.0.0.1:9/i.png']")).to_have_text("i")


def test_another_persons_chat_is_not_there(
    sign_in_page: Callable[[Any], Page], sign_in: Callable[[Any], httpx.Client], alice: Any, bob: Any
) -> None:
    page = sign_in_page(alice)
    page.locator("#composer-input").fill("Repeat after me: my secret")
    page.keyboard.press("Enter")
    page.wait_for_url("**/chat/ses_*")
    url = page.url
    assert sign_in(alice).get(url).status_code == 200
    assert sign_in(bob).get(url).status_code == 404
    assert "my secret" not in sign_in(bob).get("/chat").text


@pytest.mark.parametrize("path", ["/chat", "/keys"])
def test_a_stranger_is_sent_to_sign_in(page: Page, path: str) -> None:
    page.goto(path)
    expect(page).to_have_url(f"{page.url.split('/login')[0]}/login?next={path}")


def test_a_phone_has_a_drawer(sign_in_page: Callable[[Any], Page], alice: Any) -> None:
    page = sign_in_page(alice)
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    expect(page.locator("#new-chat")).not_to_be_visible()
    page.get_by_role("button", name="Open the sidebar").click()
    expect(page.locator("#new-chat")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#new-chat")).not_to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("has_begun", [False, True])
def test_the_first_load_is_light(
    sign_in_page: Callable[[Any], Page], browser: Browser, portal: PortalProcess, alice: Any, has_begun: bool
) -> None:
    """In a browser that knows nothing of the portal yet; its socket is a request, too."""
    page = sign_in_page(alice)
    if has_begun:
        page.locator("#composer-input").fill("Repeat after me: `one`")
        page.keyboard.press("Enter")
        page.locator('.turn[data-status="complete"]').wait_for()
    with browser.new_context(storage_state=page.context.storage_state()) as fresh:
        first = fresh.new_page()
        sockets: list[str] = []
        first.on("websocket", lambda opened: sockets.append(opened.url))
        first.goto(page.url)
        first.wait_for_load_state("networkidle")
        loaded = first.evaluate(LOADED)
    assert all(name.startswith(portal.url) for name, _ in loaded)
    assert 0 < sum(size for _, size in loaded) <= 150_000
    assert 0 < len(loaded) + len(sockets) <= 15
