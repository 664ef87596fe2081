"""The second factor in a real browser: authenticator app, backup codes, passkeys, trust."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.accounts.conftest import App
from tests.conftest import PASSWORD
from tests.portal_process import PortalProcess


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any], portal: PortalProcess) -> dict[str, Any]:
    """Browsers make passkeys for names only."""
    return {**browser_context_args, "base_url": portal.url.replace("127.0.0.1", "localhost")}


@pytest.fixture
def authenticator(page: Page) -> Iterator[Any]:
    """Chromium's virtual one: it answers without a finger on it."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
        "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    added = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield added["authenticatorId"]
    session.detach()


def start_signing_in(page: Page, user: Any) -> None:
    page.goto("/login")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.locator(".account summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login")


def set_app_up(page: Page) -> tuple[App, list[str]]:
    page.goto("/profile/security")
    page.get_by_role("link", name="Set up").click()
    expect(page.locator(".qr")).to_be_visible()
    app = App(page.locator("#secret").inner_text())
    page.get_by_label("Code").fill(app.code())
    page.get_by_role("button", name="Turn it on").click()
    codes = page.locator("#backup-codes li").all_inner_texts()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.locator("#second-factor")).to_contain_text("On")
    return app, codes


def test_authenticator_app_and_backup_code_z06(page: Page, alice: Any) -> None:
    start_signing_in(page, alice)
    page.wait_for_url("**/chat")
    app, codes = set_app_up(page)
    assert len(codes) == 10
    sign_out(page)
    for code in (app.code(), codes[3]):
        start_signing_in(page, alice)
        page.wait_for_url("**/two-factor")
        expect(page.get_by_label("Code")).to_be_focused()
        page.goto("/chat")
        page.wait_for_url("**/two-factor")
        page.get_by_label("Code").fill(code)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url("**/chat")
        sign_out(page)


def test_trust_this_browser(page: Page, alice: Any) -> None:
    start_signing_in(page, alice)
    page.wait_for_url("**/chat")
    app, _ = set_app_up(page)
    sign_out(page)
    start_signing_in(page, alice)
    page.get_by_label("Code").fill(app.code())
    page.get_by_label("Trust this browser for 30 days").check()
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/chat")
    sign_out(page)
    start_signing_in(page, alice)
    page.wait_for_url("**/chat")
    page.goto("/profile/security")
    page.get_by_role("button", name="Ask again").click()
    sign_out(page)
    start_signing_in(page, alice)
    page.wait_for_url("**/two-factor")


def test_passkeys(page: Page, authenticator: str, alice: Any) -> None:
    start_signing_in(page, alice)
    page.wait_for_url("**/chat")
    page.goto("/profile/security")
    page.get_by_label("Name of the passkey").fill("Laptop")
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_url("**/profile/security/backup-codes*")
    expect(page.locator("#backup-codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.locator(".rows")).to_contain_text(["", "Laptop"])
    sign_out(page)
    start_signing_in(page, alice)
    page.wait_for_url("**/two-factor")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/chat")
    page.goto("/profile/security")
    page.locator("#main").get_by_text("Rename").click()
    page.get_by_label("Name", exact=True).fill("Old laptop")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".rows")).to_contain_text(["", "Old laptop"])
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("#second-factor")).not_to_contain_text("On")


def test_an_operator_sets_a_passkey_up_before_anything_else(
    page: Page, authenticator: str, operator: Any
) -> None:
    operator.totpdevice_set.all().delete()
    start_signing_in(page, operator)
    page.wait_for_url("**/two-factor/set-up")
    page.get_by_role("button", name="Use a passkey instead").click()
    page.wait_for_url("**/profile/security/backup-codes*")
    page.goto("/chat")
    page.locator(".account summary").click()
    expect(page.get_by_role("link", name="Admin")).to_be_visible()
