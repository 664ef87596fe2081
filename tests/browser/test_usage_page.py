"""`/usage` in a real browser: filters and history, by keyboard, live, on a phone, in both themes."""

import random
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import require_accessible
from tests.conftest import PASSWORD
from tests.portal_process import PortalProcess
from tests.usage.pages import used
from tests.usage.test_ledger import ask
from usage.models import UsageRecord

SignIn = Callable[[Any], Page]
DAY = timedelta(days=1)


def a_year(user: Any, key: Any) -> None:
    chance = random.Random(1)
    rows = [
        {
            "ago": timedelta(days=day, minutes=chance.randrange(1, 600)),
            "model": chance.choice(["alpha", "beta", "a-model-with-quite-a-long-name-2026-01-01"]),
            "key": chance.choice([None, key]),
            "status": chance.choice(["complete"] * 9 + ["failed"]),
            "cost": Decimal(chance.randrange(1, 10**7)) / 10**4,
            "input_tokens": chance.randrange(1, 10**7),
            "duration_ms": chance.randrange(100, 90_000),
        }
        for day in range(365)
    ]
    for row in rows:
        used(user, **row)


def requests(page: Page) -> Any:
    return page.locator("#figure-requests .figure-value")


def test_periods_and_filters_change_the_address_and_back_goes_back(sign_in_page: SignIn, alice: Any) -> None:
    used(alice)
    used(alice, model="beta")
    used(alice, 3 * DAY)
    page = sign_in_page(alice)
    page.goto("/usage")
    page.evaluate("window.isSame = true")
    expect(requests(page)).to_have_text("3")
    page.get_by_role("link", name="24 hours").click()
    expect(requests(page)).to_have_text("2")
    page.locator("#filter-model").select_option("beta")
    expect(requests(page)).to_have_text("1")
    assert page.url.endswith("/usage?period=24h&model=beta")
    expect(page.get_by_role("link", name="24 hours")).to_have_attribute("aria-current", "true")
    expect(page.locator("#usage-status")).to_have_text("1 request")
    page.go_back()
    expect(requests(page)).to_have_text("2")
    page.go_back()
    expect(requests(page)).to_have_text("3")
    page.go_forward()
    expect(requests(page)).to_have_text("2")
    page.locator("#by-model").get_by_role("link", name="alpha").click()
    expect(page.locator("#filter-model")).to_have_value("alpha")
    assert page.evaluate("window.isSame"), "it was never loaded anew"
    page.reload()
    expect(requests(page)).to_have_text("1")


def test_dates_of_ones_own_by_keyboard(sign_in_page: SignIn, alice: Any) -> None:
    used(alice)
    page = sign_in_page(alice)
    page.goto("/usage")
    page.locator("#period-custom summary").focus()
    page.keyboard.press("Enter")
    page.get_by_label("First day").fill("2026-03-02")
    page.get_by_label("Last day").fill("2026-03-01")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("The last day is before the first.")
    expect(page.get_by_label("First day")).to_have_value("2026-03-02")
    page.get_by_label("Last day").fill("2026-03-03")
    page.keyboard.press("Enter")
    expect(page.locator("#usage-results")).to_contain_text("2 Mar 2026 – 3 Mar 2026")
    expect(page.locator("#usage-results")).to_contain_text("No requests in this time")


def test_values_are_read_with_the_arrow_keys_and_the_pointer(sign_in_page: SignIn, alice: Any) -> None:
    used(alice, input_tokens=1_234_567)
    used(alice, DAY, input_tokens=7, output_tokens=3)
    page = sign_in_page(alice)
    page.goto("/usage")
    page.locator("#load-more, #recent-rows").first.wait_for()
    reader = page.get_by_role("slider", name="Tokens")
    reader.focus()
    page.keyboard.press("End")
    tip = page.locator("#chart-tokens .chart-tip")
    expect(tip).to_contain_text("1,234,567")
    assert "in 1,234,567, out 20" in (reader.get_attribute("aria-valuetext") or "")
    page.keyboard.press("ArrowLeft")
    expect(tip).to_contain_text("7")
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    page.locator("#chart-requests .chart-plot").hover()
    expect(page.locator("#chart-requests .chart-tip")).to_be_visible()
    page.locator("#chart-cost summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#chart-cost tbody tr").last).to_be_visible()


def test_a_real_completion_shows_up_by_itself(
    sign_in_page: SignIn, alice: Any, secret: str, portal: PortalProcess
) -> None:
    page = sign_in_page(alice)
    page.clock.install()
    page.goto("/usage")
    expect(page.locator("main")).to_contain_text("Nothing used yet")
    headers = {"x-api-key": secret}

    def complete() -> None:
        url = f"{portal.api}/chat/completions"
        assert httpx.post(url, headers=headers, json=ask("Count to 7"), timeout=30).is_success

    complete()
    page.clock.run_for(10_500)
    expect(requests(page)).to_have_text("1")
    page.locator("#chart-tokens summary").click()
    page.locator("#filter-model").focus()
    complete()
    page.clock.run_for(10_500)
    expect(requests(page)).to_have_text("2")
    expect(page.locator("#recent-rows tr")).to_have_count(2)
    expect(page.locator("#chart-tokens table")).to_be_visible()
    expect(page.locator("#filter-model")).to_be_focused()


def test_nothing_is_asked_while_nobody_looks(sign_in_page: SignIn, alice: Any) -> None:
    used(alice)
    page = sign_in_page(alice)
    page.clock.install()
    asked = []
    page.on("request", lambda request: "seen=" in request.url and asked.append(request.url))
    page.goto("/usage")
    hide = "(is) => { Object.defineProperty(document, 'hidden', { value: is, configurable: true });"
    hide += " document.dispatchEvent(new Event('visibilitychange')); }"
    page.evaluate(hide, True)
    page.clock.run_for(60_000)
    assert asked == []
    with page.expect_response(lambda response: "seen=" in response.url) as answer:
        page.evaluate(hide, False)
    assert answer.value.status == 204


def test_more_is_loaded_in_place(sign_in_page: SignIn, alice: Any) -> None:
    for number in range(45):
        used(alice, timedelta(minutes=number))
    page = sign_in_page(alice)
    page.goto("/usage")
    for count in (40, 45):
        page.get_by_role("link", name="Load more").click()
        expect(page.locator("#recent-rows tr[data-request]")).to_have_count(count)
    expect(page.get_by_role("link", name="Load more")).to_have_count(0)
    assert page.url.endswith("/usage")


def test_it_works_without_a_script(sign_in_page: SignIn, alice: Any) -> None:
    used(alice)
    used(alice, model="beta")
    page = sign_in_page(alice)
    page.route("**/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto("/usage")
    page.locator("#filter-model").select_option("beta")
    page.get_by_role("button", name="Apply").click()
    expect(requests(page)).to_have_text("1")
    page.get_by_role("link", name="7 days").click()
    assert "model=beta" in page.url
    assert "period=7d" in page.url


def drawn(page: Page) -> list[str]:
    """Every answer that was the usage page, or all of it below the heading."""
    answers: list[str] = []
    page.on("response", lambda answer: urlsplit(answer.url).path == "/usage" and answers.append(answer.url))
    return answers


def traveller(page: Page) -> Callable[[str], Any]:
    """Takes the browser to a time zone."""
    session = page.context.new_cdp_session(page)
    return lambda zone: session.send("Emulation.setTimezoneOverride", {"timezoneId": zone})


def test_times_are_the_browsers_also_when_it_travels(sign_in_page: SignIn, alice: Any) -> None:
    used(alice)
    page = sign_in_page(alice)
    go_to = traveller(page)
    for zone in ("Asia/Tokyo", "Europe/Athens"):
        go_to(zone)
        page.goto("/usage")
        expect(page.locator("main")).to_contain_text(f"Times in {zone}, as your browser says.")


def test_the_first_visit_draws_it_once(page: Page, portal: PortalProcess, alice: Any) -> None:
    used(alice)
    traveller(page)("Asia/Tokyo")
    answers = drawn(page)
    page.goto("/login?next=/usage")
    page.get_by_label("Email").fill(alice.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("main")).to_contain_text("Times in Asia/Tokyo, as your browser says.")
    page.wait_for_load_state("networkidle")
    assert answers == [f"{portal.url}/usage"]


@pytest.mark.parametrize(("zone", "has_requests"), [("Africa/Abidjan", True), ("Asia/Tokyo", False)])
def test_it_is_not_drawn_again_for_the_same_times(
    sign_in_page: SignIn, portal: PortalProcess, alice: Any, zone: str, has_requests: bool
) -> None:
    if has_requests:
        used(alice)
    page = sign_in_page(alice)
    traveller(page)(zone)
    answers = drawn(page)
    page.goto("/usage")
    page.wait_for_load_state("networkidle")
    assert answers == [f"{portal.url}/usage"]


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390), ("light", 390)])
@pytest.mark.parametrize("many", ["empty", "one", "year"])
def test_it_is_accessible_and_fits(
    sign_in_page: SignIn, alice: Any, make_key: Callable[..., str], theme: Any, width: int, many: str
) -> None:
    from accounts.models import UserLimits

    make_key(alice, name="K" * 100)
    if many == "one":
        used(alice, cost=Decimal("0.000031"))
    if many == "year":
        UserLimits.objects.create(user=alice, cost_per_month=Decimal(10), tokens_per_month=10**9)
        a_year(alice, alice.api_keys.get())
    page = sign_in_page(alice)
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 844})
    year = "?period=custom&from=2025-12-01&to=2026-11-30&by=day" if many == "year" else ""
    page.goto(f"/usage{year}")
    if many != "empty":
        expect(page.get_by_role("slider")).to_have_count(5)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("(main) => main.scrollWidth <= main.clientWidth", page.query_selector("main"))
    require_accessible(page)
    if many == "year":
        page.locator("#chart-tokens summary").click()
        page.locator("#period-custom summary").click()
        require_accessible(page)


def test_the_first_load_is_small(sign_in_page: SignIn, alice: Any) -> None:
    used(alice)
    page = sign_in_page(alice)
    page.goto("/usage")
    page.wait_for_load_state("networkidle")
    sizes: list[int] = []
    page.on("response", lambda response: sizes.append(len(response.body())))
    page.goto("/usage")
    page.wait_for_load_state("networkidle")
    assert len(sizes) <= 25
    assert sum(sizes) <= 250_000
    assert UsageRecord.objects.filter(user=alice).count() == 1
