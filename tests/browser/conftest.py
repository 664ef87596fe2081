"""Chromium on the running portal; a page that logs an error or is refused something fails its test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.chat.conftest import make_model, make_upstream, server
from tests.portal_process import PortalProcess

__all__ = ["make_model", "make_upstream", "server"]

# Milliseconds: a machine that does other things too is slow, not wrong.
expect.set_options(timeout=20_000)


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
def sign_in_page(page: Page, portal: PortalProcess, sign_in: Callable[[Any], Any]) -> Callable[[Any], Page]:
    """On the chat page. (How people sign in is tested where it belongs.)"""

    def enter(user: Any) -> Page:
        cookies = sign_in(user).cookies
        page.context.add_cookies(
            [{"name": name, "value": value, "url": portal.url} for name, value in cookies.items()]
        )
        page.goto("/chat")
        return page

    return enter
