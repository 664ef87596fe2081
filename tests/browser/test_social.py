"""Google and GitHub in a real browser, whose content security policy must let it go there and come back."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.identity_server import IdentityServer, Person
from tests.portal_process import PortalProcess


@pytest.fixture
def browser_context_args(
    browser_context_args: dict[str, Any], social_portal: PortalProcess
) -> dict[str, Any]:
    return {**browser_context_args, "base_url": social_portal.url}


@pytest.mark.parametrize("name", ["Google", "GitHub", "Example Corp"])
def test_it_works(page: Page, identities: IdentityServer, new_email: str, name: str) -> None:
    identities.person = Person(new_email)
    page.goto("/login")
    page.get_by_role("button", name=f"Continue with {name}").click()
    page.wait_for_url("**/chat")
    page.goto("/profile/connections")
    expect(page.locator(".rows").first).to_contain_text("Unlink")


def test_it_goes_where_the_person_wanted_to(page: Page, identities: IdentityServer, new_email: str) -> None:
    identities.person = Person(new_email)
    page.goto("/keys")
    page.get_by_role("button", name="Continue with Google").click()
    page.wait_for_url("**/keys")


def test_linking(page: Page, identities: IdentityServer, new_email: str) -> None:
    identities.person = Person(new_email)
    page.goto("/login")
    page.get_by_role("button", name="Continue with Google").click()
    page.wait_for_url("**/chat")
    page.goto("/profile/connections")
    page.locator(".rows").last.locator("li", has_text="GitHub").get_by_role("button", name="Link").click()
    expect(page.get_by_text("The account is linked.")).to_be_visible()
    expect(page.locator(".rows").first.locator("li")).to_have_count(2)
    page.locator(".rows").first.get_by_role("button", name="Unlink").first.click()
    expect(page.get_by_text("The account is unlinked.")).to_be_visible()


def test_without_javascript_too(
    browser: object, social_portal: PortalProcess, identities: IdentityServer, new_email: str
) -> None:
    identities.person = Person(new_email)
    page = browser.new_page(base_url=social_portal.url, java_script_enabled=False)  # type: ignore[attr-defined]
    page.goto("/login")
    page.get_by_role("button", name="Continue with Google").click()
    page.wait_for_url(re.compile(r"/chat$"))
    page.close()
