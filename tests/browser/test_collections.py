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
    require_accessible(page)
    # The open menu lies over the cards.
    alice.content_items.all().delete()
    page.reload()
    page.get_by_text("Export", exact=True).click()
    require_accessible(page)
    page.goto(f"/collections/import?into={collection.public_id}")
    require_accessible(page)


def test_a_collection_is_shared_by_link_and_with_a_person(
    sign_in_page: Callable[[Any], Page], alice: Any, bob: Any, collection: Any, base_url: str
) -> None:
    page = sign_in_page(alice)
    page.goto(f"/collections/{collection.public_id}")
    page.get_by_role("link", name="Share", exact=True).click()
    page.get_by_role("button", name="Make a link").click()
    address = page.locator("#new-link").inner_text()
    page.get_by_label("E-mail address").fill(bob.email)
    page.get_by_label("Right").select_option("May edit")
    page.get_by_role("button", name="Share").click()
    expect(page.locator(".memberships li")).to_contain_text([f"{bob.email} · May edit"])
    # Whoever has the link needs no account.
    page.context.clear_cookies()
    elsewhere = base_url + address[address.index("/share/") :]
    page.goto(elsewhere)
    expect(cards(page)).to_have_text(["Owl", "Eel"])
    page.get_by_role("link", name="Owl").click()
    expect(page.locator("#content")).to_contain_text("About Owl")
    # Bob finds it, and changes what is in it.
    sign_in_page(bob)
    page.goto("/stuff")
    shared = page.get_by_role("navigation", name="Shared with me").get_by_role("link")
    expect(shared).to_contain_text(alice.display_name)
    shared.click()
    page.get_by_role("button", name="Take Owl out").click()
    expect(cards(page)).to_have_text(["Eel"])
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_text("is shared with you no more")).to_be_visible()
    expect(shared).to_have_count(0)


def test_pages_of_sharing_are_accessible(
    look: Page, sign_in_page: Callable[[Any], Page], alice: Any, bob: Any, collection: Any
) -> None:
    from collections_app.sharing.services import invite, make_link

    token = make_link(collection=collection)
    invite(collection=collection, email=bob.email, role="view")
    look.goto(f"/share/collections/{token}")
    require_accessible(look)
    look.get_by_role("link", name="Owl").click()
    require_accessible(look)
    page = sign_in_page(alice)
    page.goto(f"/collections/{collection.public_id}/sharing")
    page.get_by_role("button", name="New link").click()
    require_accessible(page)
    page.context.clear_cookies()
    sign_in_page(bob)
    for path in ("/stuff", f"/collections/{collection.public_id}"):
        page.goto(path)
        require_accessible(page)
