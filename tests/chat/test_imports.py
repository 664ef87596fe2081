"""Chats from ChatGPT, Open WebUI and another portal: read kindly, believed nothing, brought once."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import httpx
import pytest

MODEL = "Waymore-A1-Instruct-1011"


def node(key: str, parent: str | None, role: str, *parts: Any, at: float = 1, **more: Any) -> dict[str, Any]:
    message = {
        "id": key, "author": {"role": role}, "create_time": 1_700_000_000 + at, "weight": 1.0,
        "content": {"content_type": "text", "parts": list(parts)}, "recipient": "all",
        "metadata": {"model_slug": "gpt-4o"} if role == "assistant" else {}, **more,
    }  # fmt: skip
    return {"id": key, "parent": parent, "children": [], "message": message}


def chatgpt(key: str = "c1", title: str = "Cats", **more: Any) -> dict[str, Any]:
    """A conversation with hidden nodes, and an answer that was asked for twice."""
    nodes = [
        {"id": "root", "parent": None, "children": ["sys"], "message": None},
        node("sys", "root", "system", ""),
        node("u1", "sys", "user", "What do cats eat?", at=2),
        node("tool", "u1", "assistant", "search('cats')", at=3, recipient="browser"),
        node("a1", "tool", "assistant", "Mice\ue200cite\ue202turn0\ue201.", at=4),
        node("a2", "u1", "assistant", "Fish.", at=5),
        node("u2", "a2", "user", {"content_type": "image_asset_pointer"}, "And this one?", at=6),
        node("a3", "u2", "assistant", "Everything.", at=7),
    ]
    return {
        "id": key, "conversation_id": key, "title": title, "create_time": 1_700_000_000.5,
        "update_time": 1_700_000_100, "current_node": "a3", "mapping": {each["id"]: each for each in nodes},
        **more,
    }  # fmt: skip


def open_webui(key: str = "w1") -> dict[str, Any]:
    thought = '<details type="reasoning" done="true">\n<summary>Thought</summary>\nHm\n</details>\n'
    messages = {
        "q": {"id": "q", "parentId": None, "childrenIds": ["r"], "role": "user", "content": "Hi",
              "timestamp": 1_700_000_000, "files": [{"type": "image", "url": "data:"}]},
        "r": {"id": "r", "parentId": "q", "childrenIds": [], "role": "assistant", "model": "llama3:8b",
              "content": f"{thought}Hello!", "timestamp": 1_700_000_001},
    }  # fmt: skip
    chat = {"title": "Greeting", "models": ["llama3:8b"], "history": {"messages": messages, "currentId": "r"}}
    return {"id": key, "title": "Greeting", "chat": chat, "pinned": True, "created_at": 1_700_000_000,
            "updated_at": 1_700_000_001, "archived": False}  # fmt: skip


def zipped(*files: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


def bring(api: httpx.Client, data: Any) -> httpx.Response:
    content = data if isinstance(data, bytes) else json.dumps(data).encode()
    return api.post("/chat/import", files={"file": ("export", content)})


def brought(api: httpx.Client, data: Any) -> dict[str, Any]:
    response = bring(api, data)
    assert response.status_code == 200, response.text
    return response.json()


def said(api: httpx.Client, session: str) -> list[tuple[str, str]]:
    rows = api.get(f"/chat/sessions/{session}/messages?order=asc&limit=100").json()["data"]
    return [(row["role"], row["content"]) for row in rows]


def test_chatgpts_zip_is_read(api: httpx.Client) -> None:
    files = [("user.json", b"{}"), ("conversations.json", json.dumps([chatgpt()]).encode()), ("a.png", b"x")]
    report = brought(api, zipped(*files))
    assert (len(report["imported"]), report["known"], report["skipped"]) == (1, 0, [])
    session = api.get(f"/chat/sessions/{report['imported'][0]['id']}").json()
    assert (session["title"], session["createdAt"]) == ("Cats", "2023-11-14T22:13:20.500Z")
    assert session["updatedAt"] == "2023-11-14T22:15:00.000Z"
    assert said(api, session["id"])[-4:] == [
        ("user", "What do cats eat?"), ("assistant", "Fish."), ("user", "*[image]*\n\nAnd this one?"),
        ("assistant", "Everything."),
    ]  # fmt: skip


def test_branches_are_kept(api: httpx.Client) -> None:
    session = brought(api, [chatgpt()])["imported"][0]["id"]
    document = api.get(f"/chat/sessions/{session}/export?format=json").json()
    texts = {message["id"]: message["content"] for message in document["messages"]}
    asked = next(key for key, text in texts.items() if text == "What do cats eat?")
    versions = [message["content"] for message in document["messages"] if message["parent"] == asked]
    assert versions == ["Mice.", "Fish."]
    assert texts[document["current"]] == "Everything."


def test_newer_exports_have_several_files(api: httpx.Client) -> None:
    files = [(f"conversations-00{n}.json", json.dumps([chatgpt(f"c{n}")]).encode()) for n in range(3)]
    assert len(brought(api, zipped(*files))["imported"]) == 3


def test_open_webui_is_read(api: httpx.Client) -> None:
    report = brought(api, [open_webui()])
    session = api.get(f"/chat/sessions/{report['imported'][0]['id']}").json()
    assert (session["title"], session["pinned"], session["model"]) == ("Greeting", True, MODEL)
    assert said(api, session["id"]) == [("user", "Hi\n\n*[image]*"), ("assistant", "Hello!")]


def test_its_older_lists_are_read_too(api: httpx.Client) -> None:
    chat = {"title": "Old", "models": ["m"], "messages": [
        {"role": "user", "content": "A"}, {"role": "assistant", "content": "B"}]}  # fmt: skip
    session = brought(api, chat)["imported"][0]["id"]
    assert said(api, session) == [("user", "A"), ("assistant", "B")]


def test_our_own_export_comes_back_with_all_of_it(
    api: httpx.Client, bob: Any, make_key: Callable[..., str]
) -> None:
    session = brought(api, [chatgpt()])["imported"][0]["id"]
    document = api.get(f"/chat/sessions/{session}/export?format=json").content
    assert brought(api, document) == {"imported": [], "known": 1, "skipped": []}
    theirs = {"authorization": f"Bearer {make_key(bob)}"}
    with httpx.Client(base_url=api.base_url, headers=theirs) as other:
        copy = brought(other, document)["imported"][0]["id"]
        again = other.get(f"/chat/sessions/{copy}/export?format=json").json()
    first = json.loads(document)
    contents = [[message["content"] for message in each["messages"]] for each in (first, again)]
    assert contents[0] == contents[1]
    assert (again["title"], again["createdAt"]) == (first["title"], first["createdAt"])


def test_importing_twice_brings_nothing_twice(api: httpx.Client) -> None:
    data = [chatgpt("c1"), chatgpt("c2"), chatgpt("c1"), {**chatgpt(), "id": "", "conversation_id": None}]
    first, second = brought(api, data), brought(api, data)
    assert (len(first["imported"]), first["known"]) == (3, 1)
    assert (second["imported"], second["known"]) == ([], 4)
    api.delete(f"/chat/sessions/{first['imported'][0]['id']}")
    assert len(brought(api, data)["imported"]) == 1, "what was deleted may be brought again"


def test_a_broken_one_spoils_only_itself(api: httpx.Client) -> None:
    good, empty = json.dumps(chatgpt("ok")), json.dumps({**chatgpt("empty", "Empty"), "mapping": {}})
    last = json.dumps(chatgpt("half", "Half \ud83d"))
    data = f'[{good}, {empty}, {{"title": "What?"}}, 7, {last}, {{"mapping": oops'.encode()
    report = brought(api, data)
    assert [each["title"] for each in report["imported"]] == ["Cats", "Half ?"]
    assert [each["title"] for each in report["skipped"]] == ["Empty", "What?", "", ""]
    assert report["skipped"][0]["reason"] == "Nothing was said in it."
    assert report["skipped"][-1]["reason"] == "From here on the file is not valid JSON."


def hostile() -> dict[str, Any]:
    many = {str(n): node(str(n), str(n - 1) if n else None, "user", "x") for n in range(10_001)}
    circle = {"a": node("a", "b", "user", "x"), "b": node("b", "a", "user", "y")}
    odd = {"x": None, "y": 7, "z": {"message": {"author": [], "content": "no"}, "parent": {}}}
    return {
        "circle": [chatgpt(mapping=circle)],
        "odd types": [chatgpt(mapping=odd, title=[], create_time="soon", current_node=5)],
        "too many messages": [chatgpt(mapping=many)],
        "markup in title": [chatgpt(title="<script>\x00\u202e", mapping={})],
        "far times": [chatgpt(mapping={}, create_time=1e300, update_time=-5)],
        "endless times": b'[{"mapping": {}, "create_time": Infinity, "update_time": NaN}]',
    }


@pytest.mark.parametrize("name", hostile())
def test_hostile_conversations_are_left_out_w05(api: httpx.Client, name: str) -> None:
    report = brought(api, hostile()[name])
    assert (report["imported"], len(report["skipped"])) == ([], 1)


def test_hidden_chains_and_wild_values_do_not_break_it(api: httpx.Client) -> None:
    chain = {f"h{n}": node(f"h{n}", f"h{n - 1}" if n else None, "tool", "x") for n in range(9_000)}
    chain["end"] = node("end", "h8999", "user", "Text \x00 here", at=1e18)
    chain["self"] = node("self", "self", "assistant", "Me")
    report = brought(api, [chatgpt(mapping=chain, title="\x07\n", create_time=1e300)])
    assert report["imported"][0]["title"] == "Imported chat"


def bombs() -> dict[str, bytes]:
    zeros = b"[" + b" " * 30_000_000 + b"]"
    locked = bytearray(zipped(("conversations.json", b"[]")))
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    return {
        "bomb": zipped(("conversations.json", zeros)),
        "broken": zipped(("conversations.json", b"[]" * 500))[:80],
        "locked": bytes(locked),
        "empty": b"",
        "nothing": b"PK\x03\x04",
        "text": b"hello",
        "half": b'[{"mapping": {',
        "number": b"7",
        "deep": b'[{"mapping":' + b"[" * 100_000 + b"]" * 100_000 + b"}]",
        "binary": bytes(range(256)),
    }


@pytest.mark.parametrize("name", bombs())
def test_files_that_are_none_are_refused_w05(api: httpx.Client, name: str) -> None:
    response = bring(api, bombs()[name])
    report = response.json()
    if response.status_code == 200:
        assert report["imported"] == []
        assert len(report["skipped"]) == 1
    else:
        assert (response.status_code, report["error"]["param"]) == (400, "file")


def test_a_file_is_needed(api: httpx.Client) -> None:
    assert api.post("/chat/import", data={"x": "y"}).status_code == 400


def test_a_zip_without_chats_says_so(api: httpx.Client) -> None:
    assert brought(api, zipped(("readme.txt", b"x"))) == {"imported": [], "known": 0, "skipped": []}


def test_the_page_reports_it(sign_in: Callable[..., httpx.Client], alice: Any) -> None:
    browser = sign_in(alice)
    files = {"file": ("chats.json", json.dumps([open_webui(), {"title": "<b>"}]).encode())}
    token = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    page = browser.post("/chat/import", files=files, data=token).text
    assert "1 chat was imported." in page
    assert "Greeting" in page
    assert "&lt;b&gt;" in page
    del browser.headers["x-csrftoken"]
    assert browser.post("/chat/import", files=files).status_code == 403
