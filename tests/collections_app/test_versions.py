"""What an item was before each of its changes."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Keep = Callable[..., Any]


def versions(api: httpx.Client, item: Any) -> list[dict[str, Any]]:
    return api.get(f"/stuff/{item['id']}/versions").json()["data"]


def test_each_change_is_kept_compared_and_taken_back(api: httpx.Client, keep: Keep, alice: Any) -> None:
    item = keep("First", "one\ntwo\nthree", tags=["a"])
    path = f"/stuff/{item['id']}"
    [only] = versions(api, item)
    assert (only["number"], only["title"], only["by"]) == (1, "First", alice.display_name)
    api.patch(path, json={"title": "Second", "content": "one\n2\nthree"})
    api.patch(path, json={"tags": ["a", "b"], "language": "text", "description": "About"})
    api.patch(path, json={"favorite": True})
    api.patch(path, json={"title": "Second"})
    found = versions(api, item)
    assert [(each["number"], each["title"]) for each in found] == [(3, "Second"), (2, "Second"), (1, "First")]
    second = api.get(f"{path}/versions/2").json()
    assert second["changed"] == ["title", "content"]
    assert second["diff"] == " one\n-two\n+2\n three"
    assert second["tags"] == ["a"]
    third = api.get(f"{path}/versions/3").json()
    assert (third["changed"], third["diff"]) == (["description", "language", "tags"], "")
    first = api.get(f"{path}/versions/1").json()
    assert (first["content"], first["changed"], first["diff"]) == ("one\ntwo\nthree", None, None)
    assert first["createdAt"] == item["updatedAt"]
    back = api.post(f"{path}/versions/1/restore").json()
    assert (back["title"], back["content"], back["tags"]) == ("First", "one\ntwo\nthree", ["a"])
    assert (back["description"], back["favorite"]) == (None, True)
    assert [each["number"] for each in versions(api, item)] == [4, 3, 2, 1]
    for gone in ("0", "5", "1000000"):
        assert api.get(f"{path}/versions/{gone}").status_code == 404
        assert api.post(f"{path}/versions/{gone}/restore").status_code == 404
    api.post(f"{path}/versions/4/restore")
    assert len(versions(api, item)) == 4, "what is the same is no change"


def test_tags_of_many_are_versions_too(api: httpx.Client, keep: Keep) -> None:
    items = [keep(f"Item {number}", tags=["a"]) for number in range(2)]
    ids = [item["id"] for item in items]
    api.post("/stuff/bulk", json={"action": "tag", "itemIds": ids, "tags": ["b"]})
    api.post("/stuff/bulk", json={"action": "untag", "itemIds": ids, "tags": ["c"]})
    for item in items:
        assert [each["number"] for each in versions(api, item)] == [2, 1]
        assert api.get(f"/stuff/{item['id']}/versions/2").json()["changed"] == ["tags"]


def test_a_type_comes_back_with_its_content(api: httpx.Client, keep: Keep) -> None:
    item = keep(content="Words")
    path = f"/stuff/{item['id']}"
    api.patch(path, json={"type": "LINK", "content": "https://example.org/"})
    back = api.post(f"{path}/versions/1/restore").json()
    assert (back["type"], back["content"]) == ("NOTE", "Words")


def test_the_oldest_are_forgotten(alice: Any, settings: Any) -> None:
    from collections_app.services import create_item, edit_item
    from collections_app.versions import versions_of

    settings.ITEM_VERSIONS = 2
    item = create_item(user=alice, type="NOTE", title="0", content="x")
    for number in range(1, 6):
        edit_item(item=item, title=str(number))
    kept = versions_of(item)
    assert [(each.number, each.title) for each in kept] == [(6, "5"), (5, "4"), (4, "3")]


def test_it_is_told_who_changed_it_and_what_is_gone_stays_gone(alice: Any, bob: Any) -> None:
    from collections_app.services import create_item, discard_item, edit_item
    from collections_app.versions import versions_of
    from portal.web.errors import NotFound

    item = create_item(user=alice, type="NOTE", title="Hers", content="x")
    edit_item(item=item, by=bob, title="His")
    assert [each.by for each in versions_of(item)] == [bob, alice]
    bob.delete()
    assert [each.by for each in versions_of(item)] == [None, alice]
    discard_item(item=item)
    with pytest.raises(NotFound):
        edit_item(item=item, title="Late")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("", "", ""),
        ("a", "a", ""),
        ("", "a", "+a"),
        ("a\nb", "b", "-a\n b"),
        ("\n".join("abcdefghij"), "\n".join("abcdefghiX"), "…\n g\n h\n i\n-j\n+X"),
        ("x\n" + "a\n" * 3000, "y\n" + "b\n" * 3000, "\n".join(["-x", *["-a"] * 3000, "+y", *["+b"] * 3000])),
    ],
)
def test_lines_are_compared(before: str, after: str, told: str) -> None:
    from collections_app.comparing import unified

    assert unified(before, after) == told


def test_the_page_of_versions(sign_in: Any, alice: Any) -> None:
    from collections_app.services import create_item, edit_item

    item = create_item(user=alice, type="NOTE", title="Old", content="<b>one</b>\ntwo")
    browser = sign_in(alice)
    assert "The oldest version that is kept." in browser.get(f"/stuff/{item.public_id}/versions").text
    edit_item(item=item, title="New", content="one\ntwo", tags=["<i>"])
    page = browser.get(f"/stuff/{item.public_id}/versions").text
    assert "<del>Old</del> → <ins>New</ins>" in page
    assert "<del>&lt;b&gt;one&lt;/b&gt;</del>" in page
    assert "<ins>&lt;i&gt;</ins>" in page
    assert "This is how it is now." in page
    for wrong in ("9", "x", "-1"):
        assert browser.get(f"/stuff/{item.public_id}/versions?version={wrong}").status_code in (200, 404)
    token = browser.cookies["csrftoken"]
    path = f"/stuff/{item.public_id}/versions/1/restore"
    restored = browser.post(path, data={"csrfmiddlewaretoken": token}).text
    assert "“Old” is as it was in version 1." in restored
