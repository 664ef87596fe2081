"""Stuff and the prompt library as people use them, by mouse and keyboard."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import look, require_accessible
from tests.chat.attachments import samples

__all__ = ["look"]


@pytest.fixture
def item(alice: Any) -> Callable[..., Any]:
    from collections_app.services import create_item

    def make(title: str, content: str = "Something", type: str = "NOTE", **fields: Any) -> Any:
        return create_item(user=alice, type=type, title=title, content=content, **fields)

    return make


def cards(page: Page) -> Any:
    return page.locator(".card h2")


def test_the_list_narrows_and_deletion_is_undone(
    sign_in_page: Callable[[Any], Page], alice: Any, item: Callable[..., Any]
) -> None:
    for title in ("Owl", "Okapi", "Zebra"):
        item(title, tags=["animal"])
    page = sign_in_page(alice)
    page.get_by_role("link", name="Stuff").click()
    expect(cards(page)).to_have_count(3)
    page.get_by_label("Search your stuff").fill("o")
    expect(cards(page)).to_have_text(["Okapi", "Owl"])
    expect(page.locator("#stuff-status")).to_have_text("2 items")
    page.get_by_label("Search your stuff").fill("okap")
    expect(page.locator(".card mark")).to_have_text(["Okapi"])
    expect(page).to_have_url("http://" + page.url.split("/")[2] + "/stuff?q=okap")
    star = page.get_by_role("button", name="Okapi is a favourite")
    star.press("Enter")
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(star).to_be_focused()
    page.get_by_role("button", name="Delete Okapi").press("Enter")
    expect(cards(page)).to_have_count(0)
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(cards(page)).to_have_text(["Okapi"])
    page.get_by_label("Search your stuff").fill("")
    page.get_by_role("link", name="Favourites").click()
    expect(cards(page)).to_have_text(["Okapi"])
    page.get_by_role("link", name="Okapi", exact=True).click()
    page.get_by_role("button", name="Delete Okapi").click()
    page.wait_for_url("**/stuff")
    expect(cards(page)).to_have_count(2)
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(cards(page)).to_have_count(3)


def test_a_collection_is_ordered_by_keyboard(
    sign_in_page: Callable[[Any], Page], alice: Any, item: Callable[..., Any]
) -> None:
    from collections_app.collecting import add_items, create_collection

    box = create_collection(user=alice, name="Box").public_id
    add_items(user=alice, collection_id=box, items=[item("One"), item("Two"), item("Three")])
    page = sign_in_page(alice)
    page.goto(f"/collections/{box}")
    button = page.get_by_role("button", name="Move Three towards the beginning")
    button.press("Enter")
    expect(cards(page)).to_have_text(["One", "Three", "Two"])
    expect(button).to_be_focused()
    button.press("Enter")
    expect(cards(page)).to_have_text(["Three", "One", "Two"])
    page.get_by_role("button", name="Take One out of the collection").click()
    expect(cards(page)).to_have_text(["Three", "Two"])


def test_prompts_are_put_in_by_keyboard(
    sign_in_page: Callable[[Any], Page], alice: Any, item: Callable[..., Any]
) -> None:
    item("Summarise", "Sum up {{text}} in {{number}} words.", "PROMPT")
    item("Translate", "Translate into Greek.", "PROMPT")
    page = sign_in_page(alice)
    box, library = page.locator("#composer-input"), page.get_by_role("listbox", name="Prompts")
    box.press_sequentially("/")
    expect(library.get_by_role("option")).to_have_count(3)
    expect(library.get_by_role("option", selected=True)).to_contain_text("Translate")
    box.press("ArrowDown")
    expect(library.get_by_role("option", selected=True)).to_contain_text("Summarise")
    expect(box).to_have_attribute("aria-activedescendant", "prompt-2")
    box.press("Escape")
    expect(library).to_be_hidden()
    expect(box).to_have_value("/")
    box.press_sequentially("summ")
    box.press("Enter")  # before the answer may have come
    expect(box).to_have_value("Sum up {{text}} in {{number}} words.")
    page.keyboard.type("this")
    page.keyboard.press("Tab")
    page.keyboard.type("ten")
    expect(box).to_have_value("Sum up this in ten words.")
    page.keyboard.press("Tab")
    expect(box).not_to_be_focused()
    box.fill("/")
    library.get_by_text("Translate", exact=True).click()
    expect(box).to_have_value("Translate into Greek.")
    expect(box).to_be_focused()
    box.fill("/")
    library.get_by_role("option", name="New prompt…").click()
    page.wait_for_url("**/stuff?new=PROMPT")
    dialog = page.get_by_role("dialog", name="Keep something")
    expect(dialog.get_by_label("Type")).to_have_value("PROMPT")
    dialog.get_by_label("Title").fill("Explain")
    dialog.get_by_label("Content").fill("Explain {{this}}")
    dialog.get_by_role("button", name="Keep it").click()
    expect(cards(page).first).to_have_text("Explain")


def test_a_question_may_begin_with_a_slash(sign_in_page: Callable[[Any], Page], alice: Any) -> None:
    page = sign_in_page(alice)
    box = page.locator("#composer-input")
    box.press_sequentially("/etc/hosts is what?")
    expect(page.get_by_role("listbox", name="Prompts").get_by_role("option")).to_have_count(1)
    box.press("Enter")
    expect(page.locator(".question")).to_have_text("/etc/hosts is what?")


def test_it_is_accessible(look: Page, sign_in_page: Any, alice: Any, item: Callable[..., Any]) -> None:
    from collections_app.collecting import add_items, create_collection

    page = sign_in_page(alice)
    page.goto("/stuff")
    require_accessible(page)
    code = item("Sums", "def f():\n    return 1  # a comment", "CODE", language="python", tags=["x"])
    item("Prompt", "Sum up {{text}}", "PROMPT", favorite=True)
    item("A link", "https://example.org/", "LINK", description="About it")
    box = create_collection(user=alice, name="Box", icon="star").public_id
    add_items(user=alice, collection_id=box, items=[code])
    for path in (
        "/stuff", "/stuff?q=sums", "/stuff?bin=1", "/stuff?new=PROMPT", f"/stuff/{code.public_id}",
        f"/stuff/{code.public_id}/edit", f"/collections/{box}", f"/collections/{box}/edit",
        f"/collections/{box}/delete", "/collections/new",
    ):  # fmt: skip
        page.goto(path)
        require_accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page.goto("/chat")
    page.locator("#composer-input").press_sequentially("/")
    expect(page.locator("#prompts [role=option]")).to_have_count(2)
    require_accessible(page)


def test_what_is_said_is_saved_and_used_again(sign_in_page: Callable[[Any], Page], alice: Any) -> None:
    from tests.browser.test_accessibility import talk_of

    session = talk_of(alice)
    page = sign_in_page(alice)
    page.goto(f"/chat/{session}")
    answer, toast = page.locator('.turn[data-role="assistant"]'), page.locator("#toast")
    kept = answer.locator(".kept a")
    page.get_by_role("button", name="Save the answer").press("Enter")
    expect(toast).to_contain_text("Saved to your stuff.")
    expect(kept).to_have_text(["Here is all of it:"])
    expect(page.get_by_role("button", name="Save the answer")).to_be_focused()
    toast.get_by_role("button", name="Undo").press("Enter")
    expect(kept).to_have_count(0)
    answer.locator(".code-block").get_by_role("button", name="Save").press("Enter")
    expect(kept).to_have_text(['print("hi") # a comment'])
    answer.locator("blockquote").select_text()
    page.get_by_role("button", name="Save the selection").press("Enter")
    expect(kept).to_have_count(2)
    expect(kept.last).to_be_focused()
    require_accessible(page)
    page.reload()
    expect(kept).to_have_count(2)
    kept.first.click()
    page.wait_for_url("**/stuff/stf_*")
    expect(page.locator(".whole code")).to_have_text('print("hi")  # a comment')
    page.get_by_role("link", name="The chat it came from").click()
    page.wait_for_url(f"**/chat/{session}#msg_*")
    expect(answer).to_be_focused()
    kept.first.click()
    page.get_by_role("link", name="in a chat").click()
    expect(page.locator("#composer-input")).to_have_value('```python\nprint("hi")  # a comment\n```')
    expect(page.locator("#composer-input")).to_be_focused()
    expect(page).to_have_url(re.compile(r"/chat$"))


def test_a_picture_is_saved_and_sent_again(sign_in_page: Callable[[Any], Page], alice: Any) -> None:
    page = sign_in_page(alice)
    picture = {"name": "owl.png", "mimeType": "image/png", "buffer": samples.image(size=(300, 200))}
    page.locator("#attach-files").set_input_files([picture])
    expect(page.locator("#send")).to_be_enabled()
    page.locator("#composer-input").press("Enter")
    question = page.locator('.turn[data-role="user"]')
    question.get_by_role("button", name="Save owl.png").press("Enter")
    page.locator("#toast").get_by_role("link", name="Open").click()
    image = page.locator(".card-image img")
    assert image.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 300
    page.get_by_role("link", name="Use owl.png in a chat").click()
    expect(page.locator("#attachments .file-name")).to_have_text("owl.png")
    expect(page.locator("#send")).to_be_enabled()


def test_an_address_leads_to_a_message_far_above(sign_in_page: Callable[[Any], Page], alice: Any) -> None:
    from chat.models import Message, Session

    session = Session.objects.create(user=alice, title="Long", model="Waymore-A1-Instruct-1011")
    last, said = None, []
    for number in range(70):
        last = Message.objects.create(
            session=session, parent=last, role=("user", "assistant")[number % 2], text=f"Number {number}"
        )
        said.append(last)
    other = Message.objects.create(session=session, parent=said[4], role="assistant", text="Another way")
    Session.objects.filter(pk=session.pk).update(current=last)
    page = sign_in_page(alice)
    page.goto(f"/chat/{session.public_id}#{said[3].public_id}")
    expect(page.locator(f"#{said[3].public_id}")).to_be_focused()
    expect(page.locator(f"#{said[3].public_id}")).to_be_in_viewport()
    page.goto("/stuff")
    page.goto(f"/chat/{session.public_id}#{other.public_id}")
    expect(page.locator(f"#{other.public_id}")).to_be_focused()


def test_versions_are_compared_and_restored(
    look: Page, sign_in_page: Callable[[Any], Page], alice: Any, item: Callable[..., Any]
) -> None:
    from collections_app.services import edit_item

    kept = item("Plan", "one\ntwo\nthree", tags=["a"])
    edit_item(item=kept, title="Better plan", content="one\n2\nthree")
    page = sign_in_page(alice)
    page.goto(f"/stuff/{kept.public_id}")
    page.get_by_role("link", name="Versions").press("Enter")
    dialog = page.get_by_role("dialog", name="Versions")
    expect(dialog.locator("[aria-current]")).to_be_focused()
    expect(dialog.locator(".diff-removed del")).to_have_text("two")
    expect(dialog.locator(".diff-added ins")).to_have_text("2")
    require_accessible(page)
    dialog.get_by_role("link", name="Version 1").press("Enter")
    dialog.get_by_role("button", name="Restore version 1").press("Enter")
    expect(page.get_by_role("heading", level=2)).to_have_text("Plan")
    page.get_by_role("link", name="Versions").click()
    expect(dialog.locator(".version-list li")).to_have_count(3)


def test_many_are_chosen_dragged_and_deleted_for_ever(
    look: Page, sign_in_page: Callable[[Any], Page], alice: Any, item: Callable[..., Any]
) -> None:
    from collections_app.collecting import create_collection

    box = create_collection(user=alice, name="Box")
    item("Note", "## Head\n\n- **bold**\n\n`code`", tags=["t"])
    item("Code", "def f(): pass", "CODE", language="python")
    item("Link", "https://example.org/", "LINK")
    page = sign_in_page(alice)
    page.goto("/stuff")
    for title in ("Note", "Code"):
        page.get_by_label(f"Select {title}").press("Space")
    bar = page.get_by_role("form", name="What is selected")
    expect(bar.locator("strong")).to_have_text("2 selected")
    require_accessible(page)
    bar.get_by_label("Tags").fill("new")
    bar.get_by_role("button", name="Add tags").press("Enter")
    expect(page.locator(".tags a", has_text="new")).to_have_count(2)
    expect(bar).to_be_hidden()
    page.get_by_label("Select Code").check()
    bar.get_by_role("button", name="Add to it").click()
    in_box = page.locator(".filters.collections a", has_text="Box")
    expect(in_box).to_have_text("Box 1")
    page.locator(".card", has_text="example.org").drag_to(in_box)
    expect(in_box).to_have_text("Box 2")
    assert box.items.count() == 2
    page.get_by_role("link", name="List", exact=True).click()
    expect(page.locator(".card-text").first).to_be_hidden()
    require_accessible(page)
    page.get_by_role("link", name="Cards", exact=True).click()
    page.get_by_label("Select Note").check()
    page.get_by_label("Select Link").check()
    bar.get_by_role("button", name="Delete").click()
    expect(cards(page)).to_have_text(["Code"])
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(cards(page)).to_have_count(3)
    page.get_by_role("button", name="Delete Note").click()
    expect(cards(page)).to_have_count(2)
    page.get_by_role("link", name="Bin").click()
    expect(cards(page)).to_have_text(["Note"])
    require_accessible(page)
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Delete Note for ever").click()
    expect(cards(page)).to_have_text(["Note"])
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete Note for ever").click()
    expect(page.get_by_text("The bin is empty.")).to_be_visible()
