"""Exchange of collections on pages, without JavaScript."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest


@pytest.fixture
def browser(sign_in: Callable[..., httpx.Client], alice: Any) -> httpx.Client:
    return sign_in(alice)


def test_a_file_is_imported(browser: httpx.Client, alice: Any) -> None:
    from collections_app.collecting import create_collection, items_in

    made = create_collection(user=alice, name="Animals")
    page = f"/collections/import?into={made.public_id}"
    assert "Import into “Animals”" in browser.get(page).text
    token = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    report = browser.post(page, data=token, files={"file": ("a.md", b"# Owls\n\nHoot")})
    assert "1 item was made." in report.text
    assert [item.title for item in items_in(made)] == ["Owls"]
    assert (
        "1 was here already."
        in browser.post(page, data=token, files={"file": ("a.md", b"# Owls\n\nHoot")}).text
    )
    wrong = browser.post(f"{page}&part", data=token, files={"file": ("a.zip", b"PK\x03\x04")})
    assert (wrong.status_code, "The ZIP file is broken" in wrong.text, "<html" in wrong.text) == (
        400,
        True,
        False,
    )
    assert browser.post(page, data=token).status_code == 400
    assert browser.post(page, files={"file": ("a.md", b"x")}, headers={"x-csrftoken": ""}).status_code == 403
    markdown = browser.get(f"/collections/{made.public_id}/export.md")
    assert (markdown.headers["content-type"], "## Owls" in markdown.text) == (
        "text/markdown; charset=utf-8",
        True,
    )
    assert browser.get(f"/collections/{made.public_id}/export.zip").content.startswith(b"PK\x03\x04")


def form(browser: httpx.Client, path: str, **fields: str) -> httpx.Response:
    return browser.post(path, data={**fields, "csrfmiddlewaretoken": browser.cookies["csrftoken"]})


def test_an_owner_shares_and_takes_back(
    browser: httpx.Client, sign_in: Callable[..., httpx.Client], alice: Any, bob: Any
) -> None:
    from collections_app.collecting import add_items, create_collection
    from collections_app.services import create_item

    made = create_collection(user=alice, name="Animals")
    owl = create_item(user=alice, type="NOTE", title="Owl", content="Hoot")
    add_items(user=alice, collection_id=made.public_id, items=[owl])
    page, here = f"/collections/{made.public_id}/sharing", f"/collections/{made.public_id}"
    assert "Make a link" in browser.get(page).text
    told = form(browser, page, do="link").text
    assert "/share/collections/" in told
    assert "/share/collections/" not in browser.get(page).text, "shown once"
    assert "The link is revoked" in form(browser, page, do="revoke").text
    wrong = form(browser, page, do="invite", email="nobody", role="view").text
    assert "Enter a valid" in wrong
    assert "yours already" in form(browser, page, do="invite", email=alice.email, role="view").text
    assert bob.email in form(browser, page, do="invite", email=bob.email, role="view").text

    bobs = sign_in(bob)
    stuff = bobs.get("/stuff").text
    assert "Shared with me" in stuff
    assert alice.display_name in stuff
    seen = bobs.get(here).text
    assert "You may view" in seen
    assert [word in seen for word in ("/sharing", "/edit", "/delete", 'data-at="earlier"', "draggable")] == [
        False
    ] * 5
    assert "Owl" in bobs.get(f"{here}?q=hoot&part=1").text
    item = f"/stuff/{owl.public_id}"
    whole = bobs.get(item).text
    assert [word in whole for word in ("Hoot", "/edit", "data-versions", 'value="delete"', "uncollect")] == [
        True, False, False, False, False,
    ]  # fmt: skip
    for path in (page, f"{here}/edit", f"{here}/delete", f"{item}/edit", f"{item}/versions"):
        assert bobs.get(path).status_code == 403, path
    act = {"item": owl.public_id, "collection": made.public_id, "fetch": "1"}
    assert form(bobs, "/stuff/act", do="uncollect", **act).status_code == 403
    assert form(bobs, "/stuff/act", do="delete", **act).status_code == 404

    form(browser, page, do="invite", email=bob.email, role="edit")
    assert "You may edit" in bobs.get(here).text
    fields = {"type": "NOTE", "title": "Owls", "content": "Hoot hoot", "tags": ""}
    assert "“Owls” is changed." in form(bobs, f"{item}/edit", **fields).text
    assert form(bobs, "/stuff/act", do="uncollect", **act).status_code == 204
    assert "shared with you no more" in form(bobs, f"{here}/leave").text
    assert bobs.get(here).status_code == 404

    guest = made.guests.create(email=bob.email, role="view")
    assert bobs.get(here).status_code == 200
    assert "does not see the collection" in form(browser, page, do="uninvite", guest=guest.public_id).text
    assert bobs.get(here).status_code == 404
