"""`/api/stuff`: made, listed, changed, thrown away and taken back, as spec.txt has it."""

import re
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.utils import timezone

from tests.collections_app.conftest import refused
from tests.portal_process import PortalProcess

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "chat/gateway/upstreams/builtin/tutorials/58-stuff.md"
# spec.txt, "Save images, code snippets, notes, or any valuable content"
SCRIPT = {
    "title": "Python Data Processing Script",
    "type": "CODE",
    "content": "import pandas as pd\n\ndf = pd.read_csv('data.csv')\nresult = df.groupby('category').sum()",
    "description": "Pandas script for aggregating data by category",
    "tags": ["python", "pandas", "data"],
}


def test_an_item_is_kept_changed_and_read(api: httpx.Client) -> None:
    response = api.post("/stuff", json=SCRIPT)
    assert response.status_code == 201, response.text
    made = response.json()
    assert {name: made[name] for name in SCRIPT} == SCRIPT
    assert made["id"].startswith("stf_")
    assert (made["favorite"], made["language"], made["collectionIds"]) == (False, None, [])
    path = f"/stuff/{made['id']}"
    changed = api.patch(path, json={"title": "Sums", "language": "python", "favorite": True}).json()
    assert (changed["title"], changed["language"], changed["favorite"]) == ("Sums", "python", True)
    assert changed["content"] == SCRIPT["content"]
    assert changed["updatedAt"] > made["updatedAt"]
    assert api.get(path).json() == changed
    emptied = api.patch(path, json={"description": None, "language": None, "tags": []}).json()
    assert (emptied["description"], emptied["language"], emptied["tags"]) == (None, None, [])


def test_a_favourite_is_no_change_of_the_thing(api: httpx.Client, keep: Callable[..., Any]) -> None:
    made = keep()
    assert api.patch(f"/stuff/{made['id']}", json={"favorite": True}).json()["updatedAt"] == made["updatedAt"]


def test_the_list_is_filtered_and_sorted(
    api: httpx.Client, keep: Callable[..., Any], titles: Callable[..., list[str]], collection: Any
) -> None:
    keep("beta", tags=["Work", "ΣΕΛΊΔΑ"])
    code = keep("Alpha", type="CODE", tags=["work", "Python"], favorite=True)
    keep("gamma", type="LINK", content="https://example.org/x")
    api.post(f"/collections/{collection['id']}/items", json={"itemId": code["id"]})
    assert titles() == ["gamma", "Alpha", "beta"]
    assert titles(sortBy="oldest") == ["beta", "Alpha", "gamma"]
    assert titles(sortBy="title") == ["Alpha", "beta", "gamma"]
    api.patch(f"/stuff/{code['id']}", json={"description": "Changed"})
    assert titles(sortBy="updated")[0] == "Alpha"
    assert titles(sortBy="relevance") == titles()
    assert titles(type="CODE") == ["Alpha"]
    assert titles(tag="WORK") == ["Alpha", "beta"]
    assert titles(tag="wor") == []
    assert titles(tag="ΣΕΛΊΔΑ") == ["beta"]
    assert titles(favorite="true") == ["Alpha"]
    assert titles(favorite="false") == ["gamma", "beta"]
    assert titles(collectionId=collection["id"], sortBy="newest") == ["Alpha"]
    assert titles(favorite="true", limit=10) == ["Alpha"]


@pytest.mark.parametrize("sort", ["newest", "oldest", "updated", "title", "relevance"])
@pytest.mark.parametrize("search", ["", "owl"])
def test_it_comes_page_by_page_in_every_order(
    api: httpx.Client, keep: Callable[..., Any], titles: Callable[..., list[str]], sort: str, search: str
) -> None:
    for number in range(5):
        keep(f"Same {number // 2}", "owl " * number + "owl")
    wanted = {"sortBy": sort, "search": search}
    listed, cursor = [], None
    for _ in range(3):
        page = api.get(
            "/stuff", params={**wanted, "limit": 2, **({"cursor": cursor} if cursor else {})}
        ).json()
        listed += [item["id"] for item in page["data"]]
        cursor = page["nextCursor"]
    assert cursor is None
    assert listed == [item["id"] for item in api.get("/stuff", params=wanted).json()["data"]]
    assert len(set(listed)) == 5


def test_what_is_deleted_is_in_the_bin_for_a_while(
    api: httpx.Client, keep: Callable[..., Any], titles: Callable[..., list[str]], collection: Any, alice: Any
) -> None:
    from collections_app.services import empty_bin

    gone, kept = keep("Gone")["id"], keep("Kept")["id"]
    for item in (gone, kept):
        api.post(f"/collections/{collection['id']}/items", json={"itemId": item})
    assert api.delete(f"/stuff/{gone}").status_code == 204
    assert titles() == ["Kept"]
    assert titles(deleted="true") == ["Gone"]
    assert api.get(f"/collections/{collection['id']}").json()["itemCount"] == 1
    for refusal in (api.get(f"/stuff/{gone}"), api.delete(f"/stuff/{gone}"),
                    api.patch(f"/stuff/{gone}", json={"title": "x"})):  # fmt: skip
        assert refusal.status_code == 404
    assert api.post("/stuff/bulk", json={"action": "restore", "itemIds": [gone]}).json() == {"updated": 1}
    items = api.get(f"/collections/{collection['id']}/items").json()["data"]
    assert [item["title"] for item in items] == ["Gone", "Kept"], "where it was"
    api.delete(f"/stuff/{gone}")
    empty_bin()
    assert titles(deleted="true") == ["Gone"]
    alice.content_items.filter(title="Gone").update(deleted_at=timezone.now() - timedelta(days=30, minutes=1))
    empty_bin()
    assert titles(deleted="true") == []
    assert titles() == ["Kept"]


def test_the_message_it_came_from_is_remembered_while_it_is_there(
    api: httpx.Client, keep: Callable[..., Any], alice: Any, bob: Any
) -> None:
    from chat.models import Message, Session

    def said(user: Any) -> Any:
        session = Session.objects.create(user=user, title="A chat", model="x")
        return Message.objects.create(session=session, role="assistant", text="Hello")

    message = said(alice)
    made = keep(sourceMessageId=message.public_id)
    assert made["sourceMessageId"] == message.public_id
    assert made["sourceSessionId"] == message.session.public_id
    for theirs in (said(bob).public_id, "msg_nonsense", "\x00"):
        body = {"type": "NOTE", "title": "x", "content": "x", "sourceMessageId": theirs}
        assert refused(api.post("/stuff", json=body)) == (400, "sourceMessageId")
    assert api.delete(f"/chat/sessions/{made['sourceSessionId']}").status_code == 204
    after = api.get(f"/stuff/{made['id']}").json()
    assert (after["sourceMessageId"], after["content"]) == (None, "Something")


def test_another_persons_things_are_not_there(
    api: httpx.Client, portal: PortalProcess, keep: Callable[..., Any], collection: Any, bob: Any,
    make_key: Callable[..., str],
) -> None:  # fmt: skip
    item = keep()["id"]
    api.post(f"/collections/{collection['id']}/items", json={"itemId": item})
    headers = {"authorization": f"Bearer {make_key(bob, 'embeddings')}"}
    with httpx.Client(base_url=portal.api, headers=headers) as other:
        own = other.post("/collections", json={"name": "His"}).json()["id"]
        path, theirs = f"/stuff/{item}", f"/collections/{collection['id']}"
        answers = [
            other.get(path), other.patch(path, json={"title": "x"}), other.delete(path),
            other.post("/stuff/bulk", json={"action": "delete", "itemIds": [item]}),
            other.get("/stuff", params={"collectionId": collection["id"]}),
            other.get(theirs), other.patch(theirs, json={"name": "x"}), other.delete(theirs),
            other.get(f"{theirs}/items"), other.post(f"{theirs}/items", json={"itemId": item}),
            other.delete(f"{theirs}/items/{item}"),
            other.patch(f"{theirs}/items/{item}", json={"position": 0}),
            other.post(f"/collections/{own}/items", json={"itemId": item}),
        ]  # fmt: skip
        assert {answer.status_code for answer in answers} == {404}
        assert other.get("/stuff").json()["data"] == []
    assert api.get(path).status_code == 200


@pytest.mark.parametrize(
    ("param", "value"),
    [
        ("limit", "0"), ("limit", "-1"), ("limit", "1000000000"), ("limit", "x"), ("cursor", "x"),
        ("cursor", "\x00"), ("sortBy", "colour"), ("sort", "title"), ("type", "POEM"), ("type", "\x00"),
        ("tag", ""), ("tag", "\x00"), ("favorite", "maybe"), ("deleted", "x"), ("search", "\x00"),
        ("search", "x" * 501),
    ],
)  # fmt: skip
def test_it_rejects_a_query_that_cannot_be_b03(api: httpx.Client, param: str, value: str) -> None:
    assert refused(api.get("/stuff", params={param: value})) == (400, param)


def test_it_rejects_what_belongs_to_another_list_b03(api: httpx.Client, keep: Callable[..., Any]) -> None:
    keep(), keep()
    cursor = api.get("/stuff", params={"limit": 1}).json()["nextCursor"]
    for sort in ("oldest", "title", "updated"):
        assert refused(api.get("/stuff", params={"sortBy": sort, "cursor": cursor})) == (400, "cursor")
    assert refused(api.get("/stuff", params={"collectionId": "col_nonsense"})) == (404, "collectionId")


@pytest.mark.parametrize(
    ("field", "value", "param"),
    [
        (field, value, field)
        for field, value in (
            ("title", ""), ("title", " "), ("title", "x" * 201), ("title", "a\x00b"), ("title", "a\nb"),
            ("title", 7), ("title", None), ("type", "code"), ("type", "POEM"), ("type", None),
            ("content", ""),
            ("content", " \n"), ("content", "x" * 200_001), ("content", "a\x00b"), ("content", None),
            ("description", "\x00"), ("description", "x" * 2001), ("language", "\x00"),
            ("language", "x" * 51), ("tags", None), ("tags", "python"),
            ("tags", [str(n) for n in range(21)]), ("favorite", "yes"), ("favorite", None), ("colour", "red"),
        )
    ] + [
        ("tags", ["ok", ""], "tags[1]"), ("tags", ["x" * 51], "tags[0]"), ("tags", ["a\x00"], "tags[0]"),
        ("tags", [7], "tags[0]"), ("tags", ["a,b"], "tags[0]"),
    ],
)  # fmt: skip
def test_it_rejects_an_item_that_cannot_be_b04(
    api: httpx.Client, keep: Callable[..., Any], field: str, value: Any, param: str
) -> None:
    body = {"type": "NOTE", "title": "x", "content": "x"}
    assert refused(api.post("/stuff", json={**body, field: value})) == (400, param)
    assert refused(api.patch(f"/stuff/{keep()['id']}", json={field: value})) == (400, param)


@pytest.mark.parametrize("missing", ["type", "title", "content"])
def test_it_rejects_an_item_without_what_makes_one(api: httpx.Client, missing: str) -> None:
    body = {"type": "NOTE", "title": "x", "content": "x"}
    del body[missing]
    assert refused(api.post("/stuff", json=body)) == (400, missing)


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "example.org", "//example.org", "https://", "x y"]
)
def test_a_link_leads_somewhere(api: httpx.Client, keep: Callable[..., Any], address: str) -> None:
    body = {"type": "LINK", "title": "x", "content": address}
    assert refused(api.post("/stuff", json=body)) == (400, "content")
    note = keep(content=address)["id"]
    assert refused(api.patch(f"/stuff/{note}", json={"type": "LINK"})) == (400, "content")


@pytest.mark.parametrize(
    "text",
    ["🦊" * 50, "مرحبا", "e\u0301", "\u202e<script>", "line\u2028break", "\ufeffx", "'; DROP", "\\u0000"],
)
def test_what_people_write_comes_back_as_it_was_b04(
    api: httpx.Client, keep: Callable[..., Any], titles: Callable[..., list[str]], text: str
) -> None:
    made = keep(text, f"{text}\n\t{text} ", description=f"{text}\n{text}", tags=[text], language=text)
    assert (made["title"], made["content"], made["tags"]) == (text, f"{text}\n\t{text} ", [text])
    assert api.get(f"/stuff/{made['id']}").json() == made
    assert titles(search=text) == [text]
    assert titles(tag=text) == [text]


def test_tags_are_kept_once(keep: Callable[..., Any]) -> None:
    assert keep(tags=["Python", " data ", "python", "Data"])["tags"] == ["Python", "data"]


def test_the_tutorials_calls_work_as_printed(
    portal: PortalProcess, api: httpx.Client, keep: Any, collection: Any, secret: str, tmp_path: Path
) -> None:
    printed = re.findall(r"```bash\n(.*?)```", TUTORIAL.read_text(), re.DOTALL)
    calls = [call for block in printed for call in re.split(r"\n\n(?=(?:# [^\n]*\n)?curl)", block)]
    item = keep("A note on pandas", type="CODE", tags=["pandas"], favorite=True)["id"]
    session = api.post("/chat/sessions", json={}).json()["id"]
    message = api.post(f"/chat/sessions/{session}/messages", json={"content": "Kept"}).json()["id"]
    names = {"YOUR_API_KEY": secret, "COLLECTION_ID": collection["id"], "CONTENT_ITEM_ID": item}
    names["MESSAGE_ID"] = message
    answers = []
    for call in calls:
        code = call.replace("http://127.0.0.1:8000", portal.url).strip()
        for name, value in names.items():
            code = code.replace(name, value)
        code += " -sS -w '\\n%{http_code}'"
        done = subprocess.run(["sh", "-c", code], capture_output=True, text=True, timeout=60, cwd=tmp_path)
        answers.append((done.stdout.splitlines()[-1], done.stdout))
    assert [status for status, _ in answers] == [
        "201", "201", "201", "200", "200", "200", "200", "200", "200", "200", "204", "200",
        "200", "200", "200", "200", "200", "201", "200", "200", "201", "200",
    ], answers  # fmt: skip
    for _, told in answers[3:7]:
        assert "A note on pandas" in told
