"""The operators' view of usage in a real browser: it filters in place, fits a phone, and passes axe."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import RULES
from tests.usage.pages import used

OVERVIEW = "/admin/usage/usagerecord/overview/"


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_it_filters_in_place_and_fits(
    sign_in_page: Callable[[Any], Page], operator: Any, alice: Any, bob: Any, theme: Any, width: int
) -> None:
    from accounts.models import UserLimits

    UserLimits.objects.create(user=alice, cost_per_month=Decimal(10))
    model = f"model-{uuid4().hex}"
    for user in (alice, bob):
        used(user, model=model, deployment="gpu-1")
    page = sign_in_page(operator)
    page.route("**/favicon.ico", lambda route: route.fulfill(body=""))
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 844})
    page.goto("/admin/")
    page.get_by_role("link", name="Usage of the whole portal").click()
    page.evaluate("window.isSame = true")
    page.locator("#filter-model").select_option(model)
    count = page.locator("#figure-requests .figure-value")
    expect(count).to_have_text("2")
    page.locator("#filter-user").fill(alice.email)
    page.keyboard.press("Enter")
    expect(count).to_have_text("1")
    expect(page.get_by_role("slider")).to_have_count(5)
    page.go_back()
    expect(count).to_have_text("2")
    assert page.evaluate("window.isSame"), "it was never loaded anew"
    assert page.evaluate("document.documentElement.scrollWidth") == width
    # Of ours: the admin's own frame is Django's.
    results = Axe().run(page, context="#usage", options=RULES).response
    assert [(found["id"], found["nodes"][0]["html"]) for found in results["violations"]] == []
    with page.expect_download() as download:
        page.locator("#users").get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == "usage-users.csv"
