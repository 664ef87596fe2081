"""Chromium on the running portal; a page that logs an error or is refused something fails its test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.chat.conftest import make_model, make_upstream, server
from tests.conftest import PASSWORD
from tests.portal_process import PortalProcess

__all__ = ["make_model", "make_upstream", "server"]


@pytest.fixture(scope="session")
def base_url(portal: PortalProcess) -> str:
    return portal.url


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: message.type == "error" and errors.append(message.text))
    yield page
    page.close()
    assert errors == []


@pytest.fixture
def sign_in_page(page: Page) -> Callable[[Any], Page]:
    def sign_in(user: Any) -> Page:
        page.goto("/login")
        page.get_by_label("Email").fill(user.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/chat")
        return page

    return sign_in
