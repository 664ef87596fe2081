"""The profile's main flows in Chromium."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests import profile
from tests.conftest import PASSWORD
from tests.portal_process import PortalProcess, celery_worker

SignInPage = Callable[[Any], Page]


@pytest.fixture(scope="module", autouse=True)
def _worker(portal: PortalProcess) -> Any:
    if profile.PROFILE != "scale":
        yield
        return
    with celery_worker(portal.variables):
        yield


def test_a_person_makes_it_theirs(sign_in_page: SignInPage, alice: Any, tmp_path: Path) -> None:
    page = sign_in_page(alice)
    page.locator(".account summary").click()
    page.get_by_role("link", name="Profile").click()
    Image.new("RGB", (300, 200), "#77aa55").save(tmp_path / "me.png")
    expect(page.locator("#picture")).to_be_hidden()
    with page.expect_navigation():
        page.locator("#picture").set_input_files(tmp_path / "me.png")
    expect(page.locator(".picture img.avatar")).to_be_visible()
    assert page.locator(".account img.avatar").evaluate("image => image.naturalWidth") == 256
    page.get_by_label("Name").fill("Alice Liddell")
    page.get_by_label("Time zone").select_option("Asia/Tokyo")
    page.get_by_label("Theme", exact=True).select_option("dark")
    page.get_by_label("Custom instructions").fill("Like a cat.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_have_text("Saved.")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/chat")
    expect(page.locator(".chat-empty h2")).to_have_text("Hello, Alice Liddell")


def test_the_browsers_time_zone_is_offered(browser: Browser, base_url: str, alice: Any) -> None:
    page = browser.new_context(base_url=base_url, timezone_id="Europe/Vienna").new_page()
    page.goto("/login")
    page.get_by_label("Email").fill(alice.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/chat")
    page.goto("/profile")
    page.get_by_role("button", name="Use Europe/Vienna").click()
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Vienna")
    expect(page.locator("#browser-zone")).to_be_hidden()
    page.context.close()


def test_the_theme_button_is_for_every_page(sign_in_page: SignInPage, alice: Any) -> None:
    page = sign_in_page(alice)
    page.locator(".account summary").click()
    for chosen in ("light", "dark"):
        with page.expect_response("**/profile/theme"):
            page.locator("#theme-toggle").click()
        expect(page.locator("html")).to_have_attribute("data-theme", chosen)
    page.context.clear_cookies(name="sessionid")
    page.goto("/login")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    alice.preferences.refresh_from_db()
    assert alice.preferences.theme == "dark"


def test_signing_out_another_browser_shows_there(
    sign_in_page: SignInPage, alice: Any, browser: Browser, base_url: str
) -> None:
    page = sign_in_page(alice)
    other = browser.new_context(base_url=base_url).new_page()
    other.goto("/login")
    other.get_by_label("Email").fill(alice.email)
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url("**/chat")
    page.goto("/profile/browsers")
    expect(page.locator(".row")).to_have_count(2)
    page.get_by_role("button", name="Sign out everywhere else").click()
    expect(page.locator(".row")).to_have_count(1)
    other.wait_for_url("**/login?next=*", timeout=5000)
    other.context.close()
    page.goto("/profile/log")
    expect(page.locator(".row-title").first).to_have_text("Other browsers were signed out")


def test_data_is_gathered_and_downloaded(sign_in_page: SignInPage, alice: Any) -> None:
    page = sign_in_page(alice)
    page.goto("/profile/data")
    page.get_by_role("button", name="Prepare my data").click()
    download_link = page.locator("#download")
    expect(download_link).to_be_visible(timeout=20_000)
    with page.expect_download() as caught:
        download_link.click()
    assert caught.value.suggested_filename.startswith("llm-portal-")
    with zipfile.ZipFile(caught.value.path()) as archive:
        assert "account/profile.json" in archive.namelist()


def test_an_account_is_deleted_and_kept(sign_in_page: SignInPage, alice: Any) -> None:
    page = sign_in_page(alice)
    page.goto("/profile/data")
    with page.expect_navigation():
        page.get_by_role("link", name="Delete account").click()
    if "/confirm-access" in page.url:
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Go on").click()
    page.get_by_label("Type your e-mail address").fill(alice.email)
    page.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_role("heading", name="Goodbye")).to_be_visible()
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Email").fill(alice.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Your account is being deleted")).to_be_visible()
    page.get_by_role("button", name="Keep my account").click()
    expect(page.get_by_role("status").first).to_contain_text("Your account stays")


@pytest.mark.parametrize("path", ["profile", "profile/browsers", "profile/log", "profile/data"])
def test_it_fits_a_phone(sign_in_page: SignInPage, alice: Any, path: str) -> None:
    page = sign_in_page(alice)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/{path}")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    expect(page.locator(".profile-nav [aria-current]")).to_be_in_viewport()


def test_it_works_without_javascript(browser: Browser, base_url: str, alice: Any, tmp_path: Path) -> None:
    context = browser.new_context(base_url=base_url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("Email").fill(alice.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto("/profile")
    Image.new("RGB", (30, 20), "#77aa55").save(tmp_path / "me.png")
    page.locator("#picture").set_input_files(tmp_path / "me.png")
    page.get_by_role("button", name="Upload picture").click()
    expect(page.locator(".picture img.avatar")).to_be_visible()
    page.get_by_label("Name").fill("Alice")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".picture-name")).to_have_text("Alice")
    context.close()
