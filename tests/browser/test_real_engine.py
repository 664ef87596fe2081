"""The chat page on a real engine: llama.cpp's own server babbles, and the page loses none of it."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.test_attachments import file
from tests.browser.test_chat_page import ask
from tests.engines.llama import CONTEXT, LlamaServer, llama_server

SignIn = Callable[[Any], Page]
# Long enough to be seen growing, short enough for a talk of several answers in the model's context.
ANSWER_TOKENS = 400


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    with llama_server(tmp_path_factory.mktemp("llama"), ANSWER_TOKENS) as server:
        yield server


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    with llama_server(tmp_path_factory.mktemp("endless"), 1_000_000) as server:
        yield server


@pytest.fixture
def choose(
    sign_in_page: SignIn, alice: Any, make_upstream: Any, make_model: Any
) -> Callable[[LlamaServer], Page]:
    """The chat page, with the engine's model chosen in it. A token it writes costs a thousandth."""
    from chat.models import Deployment

    def open_page(engine: LlamaServer) -> Page:
        upstream = make_upstream(base_url=engine.base_url)
        model = make_model("babbler", upstream, context_window=CONTEXT, prices={"output": Decimal(1000)})
        Deployment.objects.filter(model=model).update(upstream_model=engine.model)
        page = sign_in_page(alice)
        page.locator("#model summary").click()
        page.get_by_label("babbler").check()
        page.keyboard.press("Enter")
        return page

    return open_page


@pytest.fixture
def page_on_engine(choose: Callable[[LlamaServer], Page], engine: LlamaServer) -> Page:
    return choose(engine)


def whole(page: Page) -> str:
    """The words of the last answer, when it is complete."""
    turn = page.locator(".turn").last
    expect(turn).to_have_attribute("data-status", "complete")
    text = turn.locator(".answer").inner_text()
    assert len(text) > 100
    return text


def stop(page: Page, turn: Locator) -> str:
    page.locator("#stop").click()
    expect(turn).to_have_attribute("data-status", "stopped")
    return turn.locator(".answer").inner_text()


def test_one_answer_in_two_tabs_and_after_a_reload_until_it_is_stopped(
    choose: Callable[[LlamaServer], Page], endless: LlamaServer, context: BrowserContext
) -> None:
    page = choose(endless)
    ask(page, "Hello")
    turn = page.locator('.turn[data-role="assistant"]')
    expect(turn.locator("[data-block]")).not_to_have_count(0)
    page.wait_for_url("**/chat/ses_*")
    other = context.new_page()
    other.goto(page.url)
    expect(other.locator('.turn[data-status="streaming"] [data-block]')).not_to_have_count(0)
    page.reload()
    expect(turn.locator("[data-block]")).not_to_have_count(0)
    expect(turn).to_have_attribute("data-status", "streaming")
    said = stop(page, turn)
    assert len(said) > 0
    expect(other.locator('.turn[data-role="assistant"]')).to_have_attribute("data-status", "stopped")
    expect(other.locator(".answer")).to_have_text(said)
    page.reload()
    expect(page.locator(".answer")).to_have_text(said)


def test_versions_settings_ratings_and_what_an_answer_cost(page_on_engine: Page) -> None:
    page = page_on_engine
    page.get_by_role("button", name="Settings of this chat").click()
    page.get_by_label("System prompt").fill("Babble.")
    page.get_by_label("Temperature").fill("0.9")
    page.get_by_role("button", name="Save").click()
    ask(page, "Hello")
    first = whole(page)
    expect(page.locator(".answer-meta")).to_contain_text(f"{ANSWER_TOKENS} tokens")
    expect(page.locator(".answer-meta")).to_contain_text("cost 0.4")
    expect(page.locator(".answer-model")).to_have_text("babbler")
    expect(page.locator(".context")).to_contain_text("% of the context")
    page.get_by_role("button", name="A good answer").click()
    page.get_by_role("button", name="Write the answer anew").click()
    expect(page.locator('.turn[data-role="assistant"] .versions')).to_contain_text("2/2")
    second = whole(page)
    assert second != first
    page.get_by_role("button", name="The version before").click()
    expect(page.locator(".answer")).to_have_text(first)
    expect(page.get_by_role("button", name="A good answer")).to_have_attribute("aria-pressed", "true")
    page.locator("#composer-input").press("ArrowUp")
    page.locator(".editor textarea").fill("Hello again")
    page.keyboard.press("Enter")
    expect(page.locator(".question")).to_have_text("Hello again")
    assert whole(page) not in (first, second)
    page.reload()
    expect(page.locator('.turn[data-role="user"] .versions')).to_contain_text("2/2")


def test_files_are_read_and_a_follow_up_waits(page_on_engine: Page) -> None:
    page = page_on_engine
    page.locator("#attach-files").set_input_files([file("plan.txt", b"The plan is to wait. " * 40)])
    expect(page.locator("#attachments .file")).to_have_count(1)
    ask(page, "What is the plan?")
    whole(page)
    read = page.locator(".answer-meta").get_attribute("title")
    assert read is not None
    assert int(read.split()[0].replace(",", "")) > 600, "the engine was told the file's words"
    # The next two are asked at once: the second waits for its turn.
    ask(page, "And then?")
    ask(page, "And after that?")
    expect(page.locator(".question")).to_have_text(["What is the plan?", "And then?", "And after that?"])
    whole(page)
    expect(page.locator("#queue")).to_be_hidden()
    expect(page.locator('.turn[data-status="complete"]')).to_have_count(3)


def test_it_is_shared_exported_found_and_kept_temporary(page_on_engine: Page, browser: Browser) -> None:
    page = page_on_engine
    ask(page, "Hello lighthouse")
    said = whole(page)
    expect(page.locator("#sidebar-sessions a").first).not_to_have_text("New chat")
    page.locator("#open-share").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="JSON").click()
    exported = json.loads(Path(download.value.path()).read_text())
    assert " ".join(said.split()) in " ".join(json.dumps(exported).split())
    page.get_by_role("button", name="Make a link").click()
    expect(page.locator("#share-url")).not_to_have_value("")
    with browser.new_context() as strangers:
        reader = strangers.new_page()
        reader.goto(page.locator("#share-url").input_value())
        expect(reader.locator(".answer")).to_have_text(said)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("lighth")
    expect(page.locator("#palette-hits mark").first).to_have_text("lighthouse")
    page.keyboard.press("Escape")
    page.goto("/chat?temporary")
    ask(page, "Only between us")
    whole(page)
    page.reload()
    expect(page.locator(".turn")).to_have_count(0)


def test_where_sockets_are_blocked_it_streams_all_the_same(
    choose: Callable[[LlamaServer], Page], endless: LlamaServer, page: Page
) -> None:
    page.route_web_socket("**/ws/chat**", lambda route: route.close())
    choose(endless)
    ask(page, "Hello")
    turn = page.locator('.turn[data-role="assistant"]')
    expect(turn.locator("[data-block]")).not_to_have_count(0)
    said = stop(page, turn)
    page.reload()
    expect(page.locator(".answer")).to_have_text(said)
