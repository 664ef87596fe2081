"""The sidebar, the command palette and the archive, by mouse, keyboard and touch."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import require_accessible
from tests.chat.conftest import make_model, make_upstream, server  # noqa: F401 - fixtures
from tests.conformance import says
from tests.conformance.scripted import Script, ScriptedServer
from tests.portal_process import PortalProcess

MODEL = "Waymore-A1-Instruct-1011"


@pytest.fixture
def talk(alice: Any) -> Callable[..., Any]:
    from chat.models import Message, Session

    def make(title: str, text: str = "", age: int = 0, **fields: Any) -> Any:
        at = timezone.now() - timedelta(days=age)
        session = Session.objects.create(user=alice, title=title, model=MODEL, updated_at=at, **fields)
        if text:
            Message.objects.create(session=session, role="user", text=text)
        return session

    return make


def entry(page: Page, title: str) -> Any:
    return page.locator("#sidebar-sessions li", has_text=title)


def choose(page: Page, title: str, what: str) -> None:
    """By keyboard alone."""
    page.get_by_role("button", name=f"Options of {title}").focus()
    page.keyboard.press("Enter")
    item = page.get_by_role("menuitem", name=what, exact=True)
    for _ in range(10):
        if item.evaluate("each => each === document.activeElement"):
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


def test_chats_are_filed_by_keyboard(
    sign_in_page: Callable[[Any], Page], alice: Any, talk: Callable[..., Any]
) -> None:
    for title in ("First", "Second", "Third"):
        talk(title)
    page = sign_in_page(alice)
    choose(page, "First", "Rename")
    page.keyboard.type("The renamed")
    page.keyboard.press("Enter")
    expect(entry(page, "The renamed")).to_be_visible()
    choose(page, "Second", "Rename")
    page.keyboard.type("Never")
    page.keyboard.press("Escape")
    expect(entry(page, "Second")).to_be_visible()
    choose(page, "Third", "Pin")
    expect(page.locator("#sidebar-sessions h2").first).to_have_text("Pinned")
    expect(page.get_by_role("button", name="Options of Third")).to_be_focused()
    choose(page, "Second", "Move to folder…")
    page.keyboard.type("Work")
    page.keyboard.press("Enter")
    expect(page.locator(".side-folder", has_text="Work").locator("a")).to_have_text("Second")
    page.locator(".side-folder summary").click()
    page.reload()
    expect(page.locator(".side-folder a")).not_to_be_visible()
    choose(page, "Third", "Archive")
    expect(entry(page, "Third")).to_have_count(0)
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(entry(page, "Third")).to_be_visible()


def test_deletion_is_undone_even_on_the_next_page(
    sign_in_page: Callable[[Any], Page], alice: Any, talk: Callable[..., Any]
) -> None:
    for title in ("One", "Two", "Three"):
        session = talk(title, "Hello")
    page = sign_in_page(alice)
    page.goto(f"/chat/{session.public_id}")
    choose(page, "Three", "Select several…")
    entry(page, "Two").locator("a").click()
    expect(page.locator(".select-count")).to_have_text("2 selected")
    require_accessible(page)
    page.get_by_role("button", name="Delete the selected chats").click()
    page.wait_for_url("**/chat")
    expect(page.locator("#sidebar-sessions li")).to_have_count(1)
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(page.locator("#sidebar-sessions li")).to_have_count(3)
    expect(page.locator("#toast")).to_contain_text("Undone.")


def test_the_palette_finds_and_runs(
    sign_in_page: Callable[[Any], Page], alice: Any, talk: Callable[..., Any], portal: PortalProcess
) -> None:
    session = talk("Holiday", "Where is the lighthouse of Alexandria?")
    page = sign_in_page(alice)
    page.locator("#composer-input").focus()
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Search chats and commands")
    expect(field).to_be_focused()
    expect(page.locator("#palette-hits [role=option]")).to_have_count(1)
    page.keyboard.type("lighth")
    expect(page.locator("#palette-hits mark")).to_have_text("lighthouse")
    page.keyboard.press("Escape")
    expect(page.locator("#composer-input")).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.type("alexan")
    expect(page.locator("#palette-hits mark")).to_have_text("Alexandria")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/chat/{session.public_id}")
    page.keyboard.press("Control+k")
    page.keyboard.type("theme")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.keyboard.press("Control+k")
    page.keyboard.type("zzz nothing")
    expect(page.locator("#palette-none")).to_be_visible()
    page.keyboard.press("Control+a")
    page.keyboard.type("api")
    expect(page.locator("#palette [aria-selected=true]")).to_have_text("API keys")
    page.keyboard.press("Enter")
    page.wait_for_url("**/keys")


def test_older_chats_come_by_scrolling_and_the_archive_gives_back(
    sign_in_page: Callable[[Any], Page], alice: Any, talk: Callable[..., Any]
) -> None:
    from chat.models import Session

    rows = [Session(user=alice, title=f"Chat {number}", model=MODEL) for number in range(60)]
    Session.objects.bulk_create(rows)
    talk("Put away", is_archived=True)
    talk("Also away", is_archived=True)
    page = sign_in_page(alice)
    expect(page.locator("#sidebar-sessions li")).to_have_count(50)
    page.locator("#sidebar-sessions").evaluate("each => each.scrollTo(0, each.scrollHeight)")
    expect(page.locator("#sidebar-sessions li")).to_have_count(60)
    page.locator(".account summary").click()
    page.locator(".account").get_by_role("link", name="Archived chats").click()
    page.get_by_label("Select Put away").check()
    page.locator("main").get_by_role("button", name="Restore").click()
    expect(entry(page, "Put away")).to_be_visible()
    expect(page.locator(".archive-list li")).to_have_count(1)
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".archive-list li")).to_have_count(2)


def test_a_rail_keeps_the_ways_on_a_wide_screen(sign_in_page: Callable[[Any], Page], alice: Any) -> None:
    page = sign_in_page(alice)
    page.get_by_role("button", name="Sidebar").click()
    page.reload()
    sidebar = page.locator("#sidebar")
    expect(page.locator("#sidebar-sessions")).not_to_be_visible()
    assert sidebar.bounding_box()["width"] == 64  # type: ignore[index]
    sidebar.get_by_role("button", name="Search").click()
    expect(page.get_by_role("combobox", name="Search chats and commands")).to_be_focused()
    page.keyboard.press("Escape")
    sidebar.get_by_role("button", name="Sidebar").click()
    expect(page.locator("#sidebar-sessions")).to_be_visible()


def test_open_tabs_learn_of_everything_at_once(
    sign_in_page: Callable[[Any], Page],
    api: httpx.Client,
    alice: Any,
    server: ScriptedServer,  # noqa: F811
    make_model: Callable[..., Any],  # noqa: F811
) -> None:
    """A model's title among it; what is being typed is left in peace."""
    from accounts.models import Preferences

    model = make_model()
    pieces = says.openai_stream(says.openai_chunk(content="Lighthouse Heights"))
    server.scripts[f"theirs-{model.name}"] = Script(pieces=pieces)
    page = sign_in_page(alice)
    other = page.context.new_page()
    other.goto("/chat")
    Preferences.objects.update_or_create(user=alice, defaults={"default_model": model.name})
    page.reload()
    page.locator("#composer-input").fill("How tall is the lighthouse?")
    page.keyboard.press("Enter")
    expect(page.locator("#page-title")).to_have_text("Lighthouse Heights")
    for tab in (page, other):
        expect(tab.locator("#sidebar-sessions a")).to_have_text("Lighthouse Heights")
    assert page.title() == "Lighthouse Heights · LLM Portal"
    expect(page.locator("#sidebar-sessions a")).to_have_attribute("aria-current", "page")
    made = [api.post("/chat/sessions", json={"title": title}).json()["id"] for title in ("By API", "Second")]
    expect(other.locator("#sidebar-sessions a")).to_have_text(["Second", "By API", "Lighthouse Heights"])
    choose(page, "Second", "Rename")
    page.keyboard.type("Half a na")
    api.patch(f"/chat/sessions/{made[0]}", json={"title": "Renamed by API", "pinned": True})
    expect(other.locator("#sidebar-sessions a").first).to_have_text("Renamed by API")
    page.keyboard.type("me")
    page.keyboard.press("Enter")
    for tab in (page, other):
        expect(tab.locator("#sidebar-sessions a")).to_have_text(
            ["Renamed by API", "Half a name", "Lighthouse Heights"]
        )
    api.delete(f"/chat/sessions/{made[0]}")
    expect(other.locator("#sidebar-sessions a")).to_have_count(2)
    other.close()
