"""`POST /api/stuff/bulk`: many at once, all or none."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.collections_app.conftest import refused


@pytest.fixture
def act(api: httpx.Client) -> Callable[..., httpx.Response]:
    return lambda action, ids, **more: api.post(
        "/stuff/bulk", json={"action": action, "itemIds": ids, **more}
    )


def test_every_action_does_what_it_says(
    api: httpx.Client, keep: Callable[..., Any], titles: Any, collection: Any, act: Any
) -> None:
    one, two, three = (keep(title, tags=["old"])["id"] for title in ("One", "Two", "Three"))
    assert act("favorite", [one, two]).json() == {"updated": 2}
    assert titles(favorite="true") == ["Two", "One"]
    act("unfavorite", [one])
    assert titles(favorite="true") == ["Two"]
    act("tag", [one, two], tags=["new", "OLD"])
    assert api.get(f"/stuff/{one}").json()["tags"] == ["old", "new"]
    assert titles(search="new") == ["Two", "One"]
    act("untag", [one, three], tags=["Old"])
    assert api.get(f"/stuff/{one}").json()["tags"] == ["new"]
    act("addToCollection", [three, one, three], collectionId=collection["id"])
    items = api.get(f"/collections/{collection['id']}/items").json()["data"]
    assert {item["title"] for item in items} == {"One", "Three"}
    act("delete", [one, two])
    assert titles() == ["Three"]
    act("restore", [one, two])
    assert titles() == ["Three", "Two", "One"]


def test_one_that_is_not_there_stops_all(keep: Any, titles: Any, act: Any) -> None:
    one = keep("One")["id"]
    for missing in ("stf_nonsense", "stf_" + "0" * 32):
        for action in ("favorite", "delete"):
            assert refused(act(action, [one, missing])) == (404, "itemIds")
    assert refused(act("restore", [one])) == (404, "itemIds")
    assert titles(favorite="false") == ["One"]


def test_too_many_tags_on_one_stop_all(api: httpx.Client, keep: Any, act: Any) -> None:
    few, many = keep("Few")["id"], keep("Many", tags=[str(number) for number in range(20)])["id"]
    assert refused(act("tag", [few, many], tags=["one more"])) == (400, "tags")
    assert api.get(f"/stuff/{few}").json()["tags"] == []


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"action": "burn"}, "action"), ({"action": None}, "action"), ({"itemIds": []}, "itemIds"),
        ({"itemIds": ["x"] * 1001}, "itemIds"), ({"itemIds": "x"}, "itemIds"),
        ({"itemIds": [7]}, "itemIds[0]"),
        ({"tags": ["x"]}, "tags"), ({"collectionId": "x"}, "collectionId"), ({"action": "tag"}, "tags"),
        ({"action": "tag", "tags": ["\x00"]}, "tags[0]"), ({"action": "addToCollection"}, "collectionId"),
        ({"colour": 1}, "colour"),
    ],
)  # fmt: skip
def test_it_rejects_what_it_does_not_know_b03(api: httpx.Client, keep: Any, body: Any, param: str) -> None:
    whole = {"action": "favorite", "itemIds": [keep()["id"]], **body}
    assert refused(api.post("/stuff/bulk", json=whole)) == (400, param)


def test_a_collection_that_is_not_there(keep: Any, act: Any) -> None:
    assert refused(act("addToCollection", [keep()["id"]], collectionId="col_x")) == (404, "collectionId")
