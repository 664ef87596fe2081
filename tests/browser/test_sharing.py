"""A chat is shared, read by a stranger, updated, revoked; and chats are imported."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.chat.test_imports import chatgpt


def test_share_read_update_revoke(
    sign_in_page: Callable[[Any], Page], alice: Any, browser: Browser, tmp_path: Path
) -> None:
    page = sign_in_page(alice)
    page.locator("#open-share").click()
    expect(page.locator("#share-error")).to_have_text("Nothing was said in this chat yet.")
    page.keyboard.press("Escape")
    page.locator("#composer-input").fill(r"Repeat after me: so \(x^2\) is **square** [^1]")
    page.keyboard.press("Enter")
    expect(page.locator('.turn[data-status="complete"] math msup')).to_have_count(1)

    page.locator("#open-share").click()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Make a link").click()
    page.locator("#share-copy").click()
    expect(page.locator("#share-copy")).to_have_text("Copied")
    url = page.evaluate("navigator.clipboard.readText()")
    assert url == page.locator("#share-url").input_value()
    expect(page.locator("#share-list li")).to_have_count(1)

    with browser.new_context() as strangers:
        reader = strangers.new_page()
        reader.goto(url)
        expect(reader.locator(".answer math msup")).to_have_count(1)
        expect(reader.locator(".answer strong")).to_have_text("square")
        assert reader.locator("nav, textarea").count() == 0
        page.locator("#share [data-close]").click()
        page.locator("#composer-input").fill("Repeat after me: and later")
        page.keyboard.press("Enter")
        expect(page.locator('.turn[data-status="complete"]')).to_have_count(2)
        reader.reload()
        expect(reader.locator(".answer")).to_have_count(1)
        page.locator("#open-share").click()
        with page.expect_response("**/api/chat/shares/*"):
            page.get_by_role("button", name="Update").click()
        reader.reload()
        expect(reader.locator(".answer")).to_have_count(2)
        page.once("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Revoke").click()
        expect(page.locator("#share-list li")).to_have_count(0)
        response = reader.reload()
        assert response is not None
        assert response.status == 404

    with page.expect_download() as download:
        page.get_by_role("link", name="Markdown").click()
    assert "**square**" in Path(download.value.path()).read_text()
    assert download.value.suggested_filename.endswith(".md")


def test_import_reports_what_came(sign_in_page: Callable[[Any], Page], alice: Any, tmp_path: Path) -> None:
    file = tmp_path / "conversations.json"
    file.write_text(json.dumps([chatgpt(), {"title": "Odd one"}]))
    page = sign_in_page(alice)
    page.goto("/profile/data")
    page.get_by_role("link", name="Import chats").click()
    page.get_by_label("File, at most 100 MB").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    report = page.locator("#import-report")
    expect(report).to_contain_text("1 chat was imported.")
    expect(report).to_contain_text("Odd one: It is not a chat of")
    report.get_by_role("link", name="Cats").click()
    expect(page.locator(".answer").last).to_have_text("Everything.")
    page.get_by_role("button", name="The version before").click()
    expect(page.locator(".answer").last).to_have_text("Mice.")
