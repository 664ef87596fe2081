"""Every page passes axe-core's rules for WCAG 2.2 AA, in both themes and on a phone."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

MODEL = "Waymore-A1-Instruct-1011"
OPEN = ("/login", "/register", "/password/forgot", "/docs", "/docs/getting-started")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
ANSWER = """Here is **all** of it:

| a | b |
|---|---|
| 1 | 2 |

- [x] done
- [ ] open

```python
print("hi")  # a comment
```

> quoted [link](https://example.org) and `code`
"""


def require_accessible(page: Page) -> None:
    results = Axe().run(page, options=RULES).response
    found = [
        f"{violation['id']}: {violation['help']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
        for violation in results["violations"]
        for node in violation["nodes"]
    ]
    assert found == [], f"{page.url}\n" + "\n".join(found)


@pytest.fixture(params=[("light", 1280), ("dark", 390)], ids=["light-desktop", "dark-phone"])
def look(request: pytest.FixtureRequest, page: Page) -> Page:
    theme, width = request.param
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 844})
    return page


def test_pages_for_everybody(look: Page) -> None:
    for path in OPEN:
        look.goto(path)
        require_accessible(look)


def test_pages_of_a_person(look: Page, sign_in_page: Callable[[Any], Page], alice: Any) -> None:
    session = talk_of(alice)
    page = sign_in_page(alice)
    for path in (
        "/chat", f"/chat/{session}", "/chat?temporary", "/chat/archived", "/keys", "/profile",
        "/profile/security", "/profile/browsers", "/profile/log", "/profile/data", "/profile/links",
        "/profile/delete", "/profile/security/email", "/profile/security/password", "/chat/import", "/stuff",
        "/usage", "/docs",
    ):  # fmt: skip
        page.goto(path)
        require_accessible(page)


def test_what_opens_on_the_chat_page(look: Page, sign_in_page: Callable[[Any], Page], alice: Any) -> None:
    session = talk_of(alice)
    page = sign_in_page(alice)
    page.goto(f"/chat/{session}")
    page.locator("#model summary").click()
    require_accessible(page)
    page.keyboard.press("Escape")
    for opener, dialog in (
        ("Control+k", "#palette"),
        ("Control+.", "#chat-settings"),
        ("Control+/", "#shortcuts"),
    ):
        page.keyboard.press(opener)
        expect(page.locator(dialog)).to_be_visible()
        require_accessible(page)
        page.keyboard.press("Escape")
    page.locator("[data-edit]").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".editor textarea")).to_be_focused()
    require_accessible(page)


def test_files_before_and_after_they_are_sent(
    look: Page, sign_in_page: Callable[[Any], Page], alice: Any
) -> None:
    page = sign_in_page(alice)
    story = b"".join(b"Line %d of a very long story.\n" % number for number in range(6000))
    files = [("story.txt", story), ("notes.txt", b"Short."), ("refused.txt", b"Not really.")]
    page.locator("#attach-files").set_input_files(
        [{"name": name, "mimeType": "text/plain", "buffer": body} for name, body in files]
    )
    expect(page.locator("#send")).to_be_enabled()
    page.locator("#attachments .file").last.evaluate("(chip) => (chip.dataset.failed = '')")
    require_accessible(page)
    page.locator("#send").click()
    expect(page.locator(".file-note")).to_be_visible(timeout=15_000)
    require_accessible(page)


def talk_of(user: Any) -> str:
    from chat.models import Message, Session

    session = Session.objects.create(user=user, title="Everything in one answer", model=MODEL)
    question = Message.objects.create(session=session, role="user", text="Show me all of it")
    call = {"type": "tool_call", "id": "1", "name": "look_up", "arguments": '{"a": 1}'}
    thought = {"type": "thinking", "text": "Hm."}
    answer = Message.objects.create(
        session=session, parent=question, role="assistant", model=MODEL, text=ANSWER, thought_ms=1200,
        parts=[thought, call, {"type": "text", "text": ANSWER}], output_tokens=1234,
    )  # fmt: skip
    Session.objects.filter(pk=session.pk).update(current=answer)
    return session.public_id
