"""Files beside a question: chosen, dropped and pasted, sent, shown, and kept by a question's versions."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.chat.attachments import samples

Chosen = dict[str, Any]
DROPPED = """() => {
  const data = new DataTransfer();
  data.items.add(new File(["Dropped words."], "dropped.txt"));
  return data;
}"""
PASTE = """(input) => {
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File(["Pasted words."], "pasted.txt"));
  input.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


def file(name: str, body: bytes) -> Chosen:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": body}


def test_a_question_with_files(sign_in_page: Callable[[Any], Page], alice: Any) -> None:
    page = sign_in_page(alice)
    chips = page.locator("#attachments .file")
    picture = file("harbour.png", samples.image(size=(300, 200)))
    page.locator("#attach-files").set_input_files([file("notes.txt", b"The plan is to wait."), picture])
    expect(page.locator("#send")).to_be_enabled()
    expect(chips).to_have_count(2)
    assert (
        chips.last.locator("img").evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 300
    )
    page.reload()
    expect(chips.locator(".file-name")).to_have_text(["notes.txt", "harbour.png"])
    page.get_by_role("button", name="Remove: harbour.png").click()
    expect(page.get_by_role("button", name="Attach files")).to_be_focused()
    page.locator("#chat").dispatch_event("drop", {"dataTransfer": page.evaluate_handle(DROPPED)})
    page.locator("#composer-input").evaluate(PASTE)
    expect(chips.locator(".file-name")).to_have_text(["notes.txt", "dropped.txt", "pasted.txt"])
    more = [file(f"{number}.txt", b"%d" % number) for number in range(3)]
    page.locator("#attach-files").set_input_files(more)
    expect(page.locator("#composer-error")).to_have_text("A message takes 5 files at most.")
    expect(chips).to_have_count(5)
    for number in (0, 1):
        page.get_by_role("button", name=f"Remove: {number}.txt").click()
    # A word is not needed where there are files.
    page.locator("#send").click()
    answer = page.locator('.turn[data-role="assistant"]')
    expect(answer).to_have_attribute("data-status", "complete", timeout=15_000)
    expect(answer).to_contain_text("notes.txt has 5 words")
    expect(answer).to_contain_text("Pasted words.")
    expect(chips).to_have_count(0)
    page.reload()
    shown = page.locator('.turn[data-role="user"] .file')
    expect(shown.locator(".file-name")).to_have_text(["notes.txt", "dropped.txt", "pasted.txt"])
    with page.expect_download() as download:
        shown.first.locator("a").click()
    assert download.value.suggested_filename == "notes.txt"
    page.locator('.turn[data-role="user"]').hover()
    page.get_by_role("button", name="Edit the question").click()
    page.locator(".editor textarea").fill("What is the plan?")
    page.keyboard.press("Enter")
    expect(page.locator(".question")).to_have_text("What is the plan?")
    expect(shown).to_have_count(3)
    expect(answer).to_contain_text("notes.txt has 5 words", timeout=15_000)


def test_a_long_file_and_an_image_nobody_sees(sign_in_page: Callable[[Any], Page], alice: Any) -> None:
    page = sign_in_page(alice)
    words = b"".join(b"Line %d of a very long story about the sea.\n" % number for number in range(4000))
    page.locator("#attach-files").set_input_files([file("story.txt", words)])
    expect(page.locator("#send")).to_be_enabled()
    page.locator("#composer-input").fill("What is in line 3456?")
    page.keyboard.press("Enter")
    expect(page.locator(".file-note")).to_contain_text(
        "only the parts that fit the question best", timeout=15_000
    )
    expect(page.locator(".answer")).to_contain_text("story.txt")
    page.locator("#attach-files").set_input_files([file("a.png", samples.image())])
    expect(page.locator("#send")).to_be_enabled()
    page.keyboard.press("Enter")
    expect(page.locator(".turn-error").last).to_contain_text("choose a model that reads images")
