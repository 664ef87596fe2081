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
