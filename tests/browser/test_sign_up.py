"""The rules of a new password, while it is typed and when it is sent."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect


@pytest.mark.parametrize(
    ("password", "broken"),
    [
        ("short", {"length"}),
        ("0123456789", {"letters", "common"}),
        ("password123", {"common"}),
        ("aaaaaaaaaaaa", {"common"}),
        ("ada.lovelace1", {"personal"}),
        ("correct-horse-battery", set()),
    ],
)
def test_the_rules_are_marked_while_typing(page: Page, password: str, broken: set[str]) -> None:
    page.goto("/register")
    page.get_by_label("Email").fill("ada.lovelace@example.org")
    expect(page.locator("[data-rule][data-met]")).to_have_count(0)
    page.get_by_label("Password").press_sequentially(password)
    expect(page.locator("[data-rule][data-met]")).to_have_count(4)
    found = page.locator('[data-rule][data-met="false"]').evaluate_all(
        "rules => rules.map(r => r.dataset.rule)"
    )
    assert set(found) == broken


def test_the_server_has_the_last_word(page: Page, new_email: str) -> None:
    page.goto("/register")
    page.get_by_label("Email").fill(new_email)
    page.get_by_label("Password").fill("christopher1")
    page.get_by_role("button", name="Create account").click()
    expect(page.locator(".errors")).to_contain_text("too common")
    expect(page.get_by_label("Password")).to_be_focused()
    expect(page.get_by_label("Email")).to_have_value(new_email)


def test_the_mail_is_sent_again(page: Page, new_email: str) -> None:
    page.goto("/register")
    page.get_by_label("Email").fill(new_email)
    page.get_by_label("Password").fill("correct-horse-battery")
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url("**/verify-email")
    page.get_by_text("Nothing arrived?").click()
    page.get_by_label("Email").fill(new_email)
    page.get_by_role("button", name="Send it again").click()
    expect(page.get_by_role("status")).to_contain_text("another mail is on its way")


def test_another_person_signs_in_instead(page: Page, alice: Any, operator: Any) -> None:
    from tests.conftest import PASSWORD

    page.goto("/login")
    page.get_by_label("Email").fill(operator.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Sign in as somebody else").click()
    page.wait_for_url("**/login")
    page.get_by_label("Email").fill(alice.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/chat")
