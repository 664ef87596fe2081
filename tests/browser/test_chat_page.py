"""The page people live in: versions, several tabs, and connections that break."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.conformance import says
from tests.conformance.scripted import Script
from tests.portal_process import PortalProcess, serve

SignIn = Callable[[Any], Page]
TO_200 = " ".join(str(number) for number in range(1, 201))


def ask(page: Page, text: str) -> None:
    page.locator("#composer-input").fill(text)
    page.keyboard.press("Enter")


def answered(page: Page, text: str) -> None:
    """The last answer is whole, and this."""
    expect(page.locator(".turn").last).to_have_attribute("data-status", "complete", timeout=15_000)
    expect(page.locator(".answer").last).to_have_text(text)


def test_versions_are_made_and_walked(sign_in_page: SignIn, alice: Any) -> None:
    page = sign_in_page(alice)
    ask(page, "Repeat after me: one")
    answered(page, "one")
    page.get_by_role("button", name="Write the answer anew").click()
    expect(page.locator('.turn[data-role="assistant"] .versions')).to_contain_text("2/2")
    answered(page, "one")
    page.locator("#composer-input").press("ArrowUp")
    page.locator(".editor textarea").fill("Repeat after me: two")
    page.keyboard.press("Enter")
    answered(page, "two")
    expect(page.locator(".question")).to_have_text("Repeat after me: two")
    page.get_by_role("button", name="The version before").click()
    expect(page.locator(".question")).to_have_text("Repeat after me: one")
    expect(page.locator('.turn[data-role="assistant"] .versions')).to_contain_text("2/2")
    page.reload()
    expect(page.locator(".question")).to_have_text("Repeat after me: one")
    page.get_by_role("button", name="A bad answer").click()
    page.get_by_label("Your words").fill("Too short")
    page.locator("#rating").get_by_role("button", name="Send").click()
    page.reload()
    expect(page.get_by_role("button", name="A bad answer")).to_have_attribute("aria-pressed", "true")


def test_what_comes_late_loses_nothing_typed_at_once(sign_in_page: SignIn, alice: Any) -> None:
    page = sign_in_page(alice)
    ask(page, "Repeat after me: one")
    answered(page, "one")
    page.reload()
    late: list[Route] = []
    page.route("**/{tools,palette}.js", lambda route: late.append(route))
    with page.expect_request("**/tools.js"):
        page.get_by_role("button", name="A good answer").click()
    page.locator("#composer-input").press("ArrowUp")
    page.keyboard.type(" and two")
    late.pop().continue_()
    expect(page.locator(".editor textarea")).to_have_value("Repeat after me: one and two")
    expect(page.locator("#composer-input")).to_have_value("")
    expect(page.get_by_role("button", name="A good answer")).to_have_attribute("aria-pressed", "true")
    with page.expect_request("**/palette.js"):
        page.keyboard.press("Control+k")
    page.keyboard.type("api")
    page.keyboard.press("Enter")
    late.pop().continue_()
    page.wait_for_url("**/keys")


def test_a_list_of_models_that_comes_late_takes_no_word(
    sign_in_page: SignIn, alice: Any, make_model: Callable[..., Any]
) -> None:
    make_model("thinker")
    page = sign_in_page(alice)
    late: list[Route] = []
    page.route("**/picker.js", lambda route: late.append(route))
    page.locator("#composer-input").fill("Half a")
    with page.expect_request("**/picker.js"):
        page.locator("#model summary").click()
    page.get_by_label("thinker").check()
    page.keyboard.press("Enter")
    expect(page.get_by_label("thinker")).not_to_be_visible()
    page.locator("#composer-input").press("End")
    page.keyboard.type(" word")
    late.pop().continue_()
    expect(page.locator("#model-chosen")).to_have_text("thinker")
    expect(page.locator("#composer-input")).to_be_focused()
    page.locator("#model summary").click()
    expect(page.get_by_label("thinker")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#model summary")).to_be_focused()
    expect(page.locator("#composer-input")).to_have_value("Half a word")


HEARS_OF_IT_FIRST = """
window.WebSocket = class extends WebSocket {
  constructor(...parts) {
    super(...parts);
    const close = () => this.dispatchEvent(new CloseEvent("close", { code: 4401 }));
    addEventListener("submit", () => setTimeout(close));
  }
};
"""


def test_who_signs_out_is_not_sent_back_to_the_chat(page: Page, sign_in_page: SignIn, alice: Any) -> None:
    """A socket that is opened meanwhile is told before the page has its answer."""

    def answer_late(route: Route) -> None:
        time.sleep(0.5)
        route.continue_()

    page.add_init_script(HEARS_OF_IT_FIRST)
    page.route("**/logout", answer_late)
    sign_in_page(alice)
    page.locator(".account summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(re.compile("/login$"))


def test_an_edit_that_is_given_up_changes_nothing(sign_in_page: SignIn, alice: Any) -> None:
    page = sign_in_page(alice)
    ask(page, "Repeat after me: one")
    answered(page, "one")
    page.get_by_role("button", name="Edit the question").click()
    page.locator(".editor textarea").fill("Something else")
    page.keyboard.press("Escape")
    expect(page.locator(".question")).to_have_text("Repeat after me: one")
    expect(page.get_by_role("button", name="Edit the question")).to_be_focused()


def test_a_second_tab_and_a_program_move_the_conversation(
    sign_in_page: SignIn, context: BrowserContext, alice: Any, api: httpx.Client
) -> None:
    page = sign_in_page(alice)
    ask(page, "Repeat after me: one")
    answered(page, "one")
    other = context.new_page()
    other.goto(page.url)
    ask(other, "Count to 200")
    expect(page.locator(".question").last).to_have_text("Count to 200")
    answered(page, TO_200)
    answered(other, TO_200)
    session = page.url.rsplit("/", 1)[1]
    said = [{"role": "user", "content": "Repeat after me: from a program"}]
    body = {"model": "Waymore-A1-Instruct-1011", "messages": said, "session_id": session}
    assert api.post("/chat/completions", json=body).status_code == 200
    for tab in (page, other):
        expect(tab.locator(".question")).to_have_count(3)
        answered(tab, "from a program")


def test_a_follow_up_waits_for_the_end(sign_in_page: SignIn, alice: Any) -> None:
    page = sign_in_page(alice)
    ask(page, "Count to 200")
    expect(page.locator(".answer")).to_contain_text("10 11")
    ask(page, "Repeat after me: and then")
    expect(page.locator("#queue li")).to_have_text("Repeat after me: and then×")
    page.reload()
    expect(page.locator("#queue li")).to_have_text("Repeat after me: and then×")
    expect(page.locator(".question")).to_have_count(2, timeout=15_000)
    answered(page, "and then")
    expect(page.locator(".answer").first).to_have_text(TO_200)
    expect(page.locator("#queue")).to_be_hidden()


class Cable:
    """A TCP connection to the portal that can be cut and mended."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._ends: set[socket.socket] = set()
        self._is_cut = False

    def lead_to(self, port: int) -> None:
        self._target = port
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        """Both ways, until one end is closed or the cable is cut."""
        with closing(near), suppress(OSError):
            if self._is_cut:
                return
            with closing(socket.create_connection(("127.0.0.1", self._target))) as far:
                self._ends |= {near, far}
                back = threading.Thread(target=self._carry, args=(far, near), daemon=True)
                back.start()
                self._carry(near, far)
                back.join()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        self._is_cut = True
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._ends = set()

    def mend(self) -> None:
        self._is_cut = False

    def close(self) -> None:
        self.cut()
        self._listener.close()


@pytest.fixture
def cable(portal: PortalProcess) -> Iterator[Cable]:
    """To a portal that people know by the cable's address."""
    with closing(Cable()) as cable, serve(portal.variables, PORTAL_BASE_URL=cable.url) as behind:
        cable.lead_to(behind.port)
        yield cable


@pytest.fixture
def broken_page(context: BrowserContext, sign_in: Any, alice: Any) -> Page:
    """Signed in; its console may complain of a network that is not there."""
    cookies = sign_in(alice).cookies
    context.add_cookies(
        [
            {"name": name, "value": value, "domain": "127.0.0.1", "path": "/"}
            for name, value in cookies.items()
        ]
    )
    return context.new_page()


def test_a_network_that_drops_loses_and_doubles_nothing(broken_page: Page, cable: Cable) -> None:
    page = broken_page
    sockets: list[str] = []
    page.on("websocket", lambda opened: sockets.append(opened.url))
    page.goto(f"{cable.url}/chat")
    ask(page, "Count to 400")
    expect(page.locator(".answer")).to_contain_text("20 21")
    cable.cut()
    page.wait_for_timeout(1500)
    cable.mend()
    answered(page, " ".join(map(str, range(1, 401))))
    expect(page.locator(".question")).to_have_count(1)
    assert len(sockets) > 1


def test_where_sockets_are_blocked_requests_do(broken_page: Page, portal: PortalProcess) -> None:
    page = broken_page
    page.route_web_socket(re.compile("/ws/chat"), lambda route: route.close())
    page.goto(f"{portal.url}/chat")
    ask(page, "Count to 200")
    expect(page.locator(".answer")).to_contain_text("10 11", timeout=15_000)
    page.locator("#stop").click()
    expect(page.locator('.turn[data-status="stopped"] .answer')).to_contain_text("10 11")
    ask(page, "Repeat after me: still here")
    answered(page, "still here")
    page.reload()
    answered(page, "still here")


def test_what_was_thought_folds_away(
    sign_in_page: SignIn, alice: Any, make_model: Callable[..., Any], server: Any
) -> None:
    model = make_model("thinker", context_window=1000)
    thoughts = [says.openai_chunk(reasoning_content=f"Hm {number}. ") for number in range(4)]
    words = [says.openai_chunk(content="So it is **42**.")]
    server.scripts["theirs-thinker"] = Script(pieces=says.openai_stream(*thoughts, *words), pause=0.3)
    page = sign_in_page(alice)
    page.locator("#model summary").click()
    page.get_by_label("thinker").check()
    page.keyboard.press("Enter")
    ask(page, "What is it?")
    expect(page.locator(".thinking summary")).to_have_text("Thinking…")
    answered(page, "So it is 42.")
    expect(page.locator(".answer-model")).to_have_text(model.name)
    expect(page.locator(".thinking summary")).to_have_text(re.compile(r"Thought for \d+ second"))
    expect(page.locator(".context")).to_contain_text("% of the context")
    page.locator(".thinking summary").click()
    expect(page.locator(".thoughts")).to_contain_text("Hm 0. Hm 1. Hm 2. Hm 3.")


def test_sources_come_as_notes(
    sign_in_page: SignIn, alice: Any, make_model: Callable[..., Any], server: Any
) -> None:
    make_model("searcher")
    source = {"url": "https://example.org/rain", "title": "Rain in Rome", "start_index": 0, "end_index": 9}
    pieces = [
        says.openai_chunk(content="It rained"),
        says.openai_chunk(content=" and stopped."),
        says.openai_chunk(annotations=[{"type": "url_citation", "url_citation": source}]),
    ]
    server.scripts["theirs-searcher"] = Script(pieces=says.openai_stream(*pieces), pause=0.3)
    page = sign_in_page(alice)
    page.locator("#model summary").click()
    page.get_by_label("searcher").check()
    page.keyboard.press("Enter")
    ask(page, "Did it rain?")
    expect(page.locator('.turn[data-status="complete"] .footnotes li')).to_have_count(1, timeout=15_000)
    for _visit in ("as it came", "as it is stored"):
        expect(page.locator(".answer p").first).to_have_text("It rained1 and stopped.")
        page.locator(".answer .note-number").press("Enter")
        note = page.locator(".footnotes li")
        expect(note).to_be_focused()
        expect(note).to_have_text("Rain in Rome example.org")
        expect(note.get_by_role("link")).to_have_attribute("href", source["url"])
        page.reload()


HEAR = """() => {
  window.heard = [];
  speechSynthesis.speak = (words) => heard.push(words);
  speechSynthesis.cancel = () => heard.splice(0).forEach((words) => words.onend());
}"""


def test_an_answer_is_read_aloud(sign_in_page: SignIn, alice: Any) -> None:
    """No voice is installed where tests run; what the browser is given to say is what is checked."""
    page = sign_in_page(alice)
    ask(page, "Repeat after me: so it is **42**")
    answered(page, "so it is 42")
    page.evaluate(HEAR)
    button = page.get_by_role("button", name="Read aloud")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    said = page.evaluate("heard.map(({ text, lang }) => [text.trim(), lang])")
    assert said == [["so it is 42", "en"]]
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("heard.length") == 0


def test_a_temporary_chat_is_gone_with_its_page(sign_in_page: SignIn, alice: Any) -> None:
    from chat.models import Session

    page = sign_in_page(alice)
    page.get_by_role("switch", name="Temporary chat").click()
    ask(page, "Repeat after me: between us")
    answered(page, "between us")
    ask(page, "Repeat after me: still")
    answered(page, "still")
    assert page.url.endswith("?temporary")
    page.reload()
    expect(page.locator(".turn")).to_have_count(0)
    assert not Session.objects.filter(user=alice).exists()


def test_a_chat_has_settings_of_its_own(sign_in_page: SignIn, alice: Any) -> None:
    from chat.models import Session

    page = sign_in_page(alice)
    page.get_by_role("button", name="Settings of this chat").click()
    page.get_by_label("System prompt").fill("Be brief.")
    page.get_by_label("Temperature").fill("0.3")
    page.get_by_role("button", name="Save", exact=True).click()
    ask(page, "Repeat after me: one")
    answered(page, "one")
    session = Session.objects.get(user=alice)
    assert (session.system_prompt, session.temperature) == ("Be brief.", 0.3)
    page.get_by_role("button", name="Settings of this chat").click()
    page.get_by_label("Temperature").fill("")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#chat-settings")).to_be_hidden()
    session.refresh_from_db()
    assert (session.system_prompt, session.temperature) == ("Be brief.", None)


def test_two_thousand_messages_open_at_once_and_scroll_back(
    sign_in_page: SignIn, alice: Any, portal: PortalProcess
) -> None:
    from chat.models import Message, Session
    from portal.web.ids import uuid7

    session = Session.objects.create(user=alice, title="Long", model="Waymore-A1-Instruct-1011")
    rows: list[Any] = []
    for number in range(2000):
        role = "assistant" if number % 2 else "user"
        parent = rows[-1] if rows else None
        text = f"Message **{number}**\n\n```python\nprint({number})\n```"
        rows.append(Message(pk=uuid7(), session=session, parent=parent, role=role, text=text))
    Message.objects.bulk_create(rows)
    Session.objects.filter(pk=session.pk).update(current=rows[-1])
    page = sign_in_page(alice)
    page.goto(f"/chat/{session.public_id}")
    took = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    assert took < 1000, "milliseconds until it can be used"
    expect(page.locator(".answer").last).to_contain_text("Message 1999")
    place = page.locator(".turn").first
    place.scroll_into_view_if_needed()
    expect(page.locator(".turn")).to_have_count(60)
    expect(page.locator(".answer").last).to_contain_text("Message 1999")
    page.locator("#chat-scroll").evaluate("view => (view.scrollTop = 0)")
    expect(page.locator(".turn")).to_have_count(90)


def test_everything_has_a_key(sign_in_page: SignIn, alice: Any) -> None:
    page = sign_in_page(alice)
    ask(page, "Repeat after me: `one` and\n\n```\ntwo\n```")
    expect(page.locator(".turn").last).to_have_attribute("data-status", "complete")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.keyboard.press("Control+Shift+;")
    page.wait_for_function("() => navigator.clipboard.readText().then((text) => text === 'two')")
    page.keyboard.press("Control+Shift+C")
    page.wait_for_function("() => navigator.clipboard.readText().then((text) => text.startsWith('one and'))")
    page.keyboard.press("Control+Shift+M")
    expect(page.locator("#model input").first).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+.")
    expect(page.locator("#chat-settings")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Shift+S")
    expect(page.locator("#sidebar-sessions")).to_be_hidden()
    page.keyboard.press("Control+Shift+S")
    expect(page.locator("#sidebar-sessions")).to_be_visible()
    page.locator("#chat-scroll").focus()
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_visible()
    page.get_by_label("Use keyboard shortcuts").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+.")
    expect(page.locator("#chat-settings")).to_be_hidden()
    page.get_by_label("Account").click()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_label("Use keyboard shortcuts").check()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Shift+O")
    page.wait_for_url("**/chat")


def test_a_diagram_is_drawn_when_asked_for(sign_in_page: SignIn, alice: Any) -> None:
    page = sign_in_page(alice)
    ask(
        page,
        "Repeat after me:\n```mermaid\ngraph TD\n  A[<b>Start</b>] --> B\n```\n\n```mermaid\nnonsense\n```",
    )
    expect(page.locator(".turn").last).to_have_attribute("data-status", "complete")
    first, second = page.locator(".answer .code-block").all()
    first.get_by_role("button", name="Diagram").click()
    expect(first.locator("img.diagram")).to_be_visible()
    assert (
        first.locator("img.diagram").evaluate("image => image.decode().then(() => image.naturalWidth)") > 50
    )
    expect(first.locator("pre")).to_be_hidden()
    first.get_by_role("button", name="Diagram").click()
    expect(first.locator("pre")).to_be_visible()
    second.get_by_role("button", name="Diagram").click()
    expect(second.locator(".diagram")).to_have_text("This diagram cannot be drawn.")
    expect(second.locator("pre")).to_be_visible()
