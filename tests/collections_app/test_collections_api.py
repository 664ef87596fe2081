"""`/api/collections`: made, ordered, filled, emptied."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.collections_app.conftest import refused

# spec.txt, "Group related items into a collection"
SCIENCE = {
    "name": "Data Science",
    "description": "Code snippets and notes for data analysis",
    "color": "#8B5CF6",
    "icon": "database",
}


def names(api: httpx.Client, **params: Any) -> list[str]:
    return [each["name"] for each in api.get("/collections", params=params).json()["data"]]


@pytest.fixture
def inside(api: httpx.Client, collection: Any) -> Callable[[], list[str]]:
    def listed() -> list[str]:
        page = api.get(f"/collections/{collection['id']}/items").json()
        return [item["title"] for item in page["data"]]

    return listed


def test_a_collection_is_made_changed_and_deleted(api: httpx.Client, keep: Callable[..., Any]) -> None:
    response = api.post("/collections", json=SCIENCE)
    assert response.status_code == 201, response.text
    made = response.json()
    assert {name: made[name] for name in SCIENCE} == SCIENCE
    assert made["id"].startswith("col_")
    path = f"/collections/{made['id']}"
    item = keep("Kept")["id"]
    added = api.post(f"{path}/items", json={"itemId": item})
    assert (added.status_code, added.json()["itemCount"]) == (201, 1)
    changed = api.patch(path, json={"name": "Science", "description": None, "color": "#abcdef"}).json()
    assert (changed["name"], changed["description"], changed["color"]) == ("Science", None, "#ABCDEF")
    told = api.get(path).json()
    assert [each["id"] for each in told.pop("items")] == [item]
    assert told == changed
    assert api.get(f"/stuff/{item}").json()["collectionIds"] == [made["id"]]
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404
    assert api.get(f"/stuff/{item}").json()["collectionIds"] == []


def test_collections_come_in_their_owners_order(api: httpx.Client) -> None:
    ids = [api.post("/collections", json={"name": name}).json()["id"] for name in "abcd"]
    assert names(api) == list("dcba")
    assert api.patch(f"/collections/{ids[0]}", json={"order": 1}).json()["order"] == 1
    assert names(api) == list("dacb")
    api.patch(f"/collections/{ids[3]}", json={"order": 99})
    assert names(api) == list("acbd")
    first = api.get("/collections", params={"limit": 3}).json()
    assert names(api, limit=3, cursor=first["nextCursor"]) == ["d"]


def test_items_are_added_once_moved_and_taken_out(
    api: httpx.Client, keep: Callable[..., Any], collection: Any, inside: Callable[[], list[str]]
) -> None:
    ids = {title: keep(title)["id"] for title in "abcd"}
    path = f"/collections/{collection['id']}/items"
    for item in (*ids.values(), ids["a"]):
        assert api.post(path, json={"itemId": item}).status_code == 201
    assert inside() == list("abcd")
    assert api.patch(f"{path}/{ids['d']}", json={"position": 0}).status_code == 200
    assert inside() == list("dabc")
    api.patch(f"{path}/{ids['d']}", json={"position": 2})
    assert inside() == list("abdc")
    api.delete(f"/stuff/{ids['b']}")
    api.patch(f"{path}/{ids['c']}", json={"position": 1})
    assert inside() == list("acd"), "what is in the bin does not count"
    assert api.delete(f"{path}/{ids['c']}").status_code == 204
    assert api.delete(f"{path}/{ids['c']}").status_code == 404
    assert inside() == list("ad")
    assert api.get(f"/stuff/{ids['c']}").status_code == 200
    first = api.get(path, params={"limit": 1}).json()
    rest = api.get(path, params={"limit": 1, "cursor": first["nextCursor"]}).json()
    assert [rest["data"][0]["title"], rest["nextCursor"]] == ["d", None]


def test_an_item_may_be_in_several(api: httpx.Client, keep: Callable[..., Any], collection: Any) -> None:
    other = api.post("/collections", json={"name": "Other"}).json()
    item = keep()["id"]
    for each in (collection, other):
        api.post(f"/collections/{each['id']}/items", json={"itemId": item})
    assert set(api.get(f"/stuff/{item}").json()["collectionIds"]) == {collection["id"], other["id"]}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "x" * 101), ("name", "\x00"), ("name", None), ("description", "\x00"),
        ("description", "x" * 2001), ("color", "red"), ("color", "#12345"), ("color", "#GGGGGG"),
        ("color", "#8B5CF6\n"), ("color", 7), ("icon", "x" * 51), ("icon", "\x00"), ("colour", "red"),
    ],
)  # fmt: skip
def test_it_rejects_a_collection_that_cannot_be_b04(
    api: httpx.Client, collection: Any, field: str, value: Any
) -> None:
    assert refused(api.post("/collections", json={"name": "x", field: value})) == (400, field)
    assert refused(api.patch(f"/collections/{collection['id']}", json={field: value})) == (400, field)


def test_it_rejects_places_and_items_that_cannot_be(
    api: httpx.Client, keep: Callable[..., Any], collection: Any
) -> None:
    path, item = f"/collections/{collection['id']}", keep()["id"]
    assert refused(api.patch(path, json={"order": -1})) == (400, "order")
    assert refused(api.patch(path, json={"order": "x"})) == (400, "order")
    assert refused(api.post(f"{path}/items", json={})) == (400, "itemId")
    assert refused(api.post(f"{path}/items", json={"itemId": "stf_x"})) == (404, "itemId")
    api.post(f"{path}/items", json={"itemId": item})
    assert refused(api.patch(f"{path}/items/{item}", json={"position": -1})) == (400, "position")
    assert refused(api.patch(f"{path}/items/{item}", json={})) == (400, "position")


@pytest.mark.parametrize("path", ["/collections", "/collections/{id}/items"])
@pytest.mark.parametrize(
    ("param", "value"),
    [
        ("limit", "0"),
        ("limit", "-1"),
        ("limit", "1000000000"),
        ("limit", "x"),
        ("cursor", "x"),
        ("sortBy", "x"),
    ],
)
def test_it_rejects_a_query_that_cannot_be_b03(
    api: httpx.Client, collection: Any, path: str, param: str, value: str
) -> None:
    assert refused(api.get(path.format(id=collection["id"]), params={param: value})) == (400, param)
