"""Collections as files and among people, by mouse and keyboard."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accessibility import look, require_accessible

__all__ = ["look"]


@pytest.fixture
def collection(alice: Any) -> Any:
    from collections_app.collecting import add_items, create_collection
    from collections_app.services import create_item

    made = create_collection(user=alice, name="Animals")
    items = [
        create_item(user=alice, type="NOTE", title=name, content=f"About {name}") for name in ("Owl", "Eel")
    ]
    add_items(user=alice, collection_id=made.public_id, items=items)
    return made


def cards(page: Page) -> Any:
    return page.locator(".card h2")


def test_a_collection_is_exported_and_imported(
    sign_in_page: Callable[[Any], Page], alice: Any, collection: Any, tmp_path: Path
) -> None:
    page = sign_in_page(alice)
    page.goto(f"/collections/{collection.public_id}")
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as started:
        page.get_by_role("link", name="ZIP, with its files").click()
    assert started.value.suggested_filename == "Animals.zip"
    started.value.save_as(tmp_path / "Animals.zip")
    alice.content_items.filter(title="Eel").delete()
    page.get_by_role("link", name="Import", exact=True).click()
    page.get_by_label("File, at most 250 MB").set_input_files(tmp_path / "Animals.zip")
    page.get_by_role("button", name="Import").click()
    report = page.locator("#import-report")
    expect(report).to_contain_text("1 item was made. 1 was here already.")
    report.get_by_role("link", name="Animals").click()
    expect(cards(page)).to_have_text(["Owl", "Eel"])


def test_the_pages_are_accessible(
    look: Page, sign_in_page: Callable[[Any], Page], alice: Any, collection: Any
) -> None:
    page = sign_in_page(alice)
    page.goto(f"/collections/{collection.public_id}")
    page.get_by_text("Export", exact=True).click()
    require_accessible(page)
    page.goto(f"/collections/import?into={collection.public_id}")
    require_accessible(page)
