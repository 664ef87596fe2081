"""From the chat into stuff and back."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.chat.attachments import samples
from tests.collections_app.conftest import refused

MODEL = "Waymore-A1-Instruct-1011"
ANSWER = """## Sums *by* group

First:

```python
print("```")
```

- and

      indented();

```math
x^2
```

~~~
last
~~~
"""


@pytest.fixture
def talk(alice: Any, api: httpx.Client) -> Any:
    """A question of Alice's with a picture and a text, and its answer."""
    from chat.models import Message, Session

    files = [("files", ("Owl.png", samples.image())), ("files", ("notes.txt", b"Some words."))]
    picture, notes = api.post("/chat/attachments", files=files).json()["data"]
    session = api.post("/chat/sessions", json={"title": "Owls", "model": MODEL}).json()["id"]
    body = {"content": "What is it?", "attachments": [picture, notes]}
    question = api.post(f"/chat/sessions/{session}/messages", json=body).json()["id"]
    row = Session.objects.get(user=alice)
    answer = Message.objects.create(session=row, parent=row.current, role="assistant", text=ANSWER)
    Session.objects.filter(pk=row.pk).update(current=answer)
    return {
        "session": session, "question": question, "answer": answer.public_id, "row": answer,
        "picture": picture, "notes": notes,
    }  # fmt: skip


def save(api: httpx.Client, message: str, **body: Any) -> Any:
    response = api.post(f"/chat/messages/{message}/save", json=body)
    assert response.status_code == 201, response.text
    return api.get(f"/stuff/{response.json()['id']}").json()


def test_what_is_said_is_saved_with_its_source(
    api: httpx.Client, talk: Any, sign_in: Any, alice: Any
) -> None:
    whole = save(api, talk["answer"], part="answer")
    assert (whole["type"], whole["title"], whole["content"]) == ("NOTE", "Sums by group", ANSWER)
    assert (whole["sourceMessageId"], whole["sourceSessionId"]) == (talk["answer"], talk["session"])
    part = save(api, talk["answer"], part="selection", text="First:")
    assert (part["type"], part["title"], part["content"]) == ("NOTE", "First:", "First:")
    blocks = [save(api, talk["answer"], part="code", index=index) for index in range(3)]
    assert [block["content"] for block in blocks] == ['print("```")', "indented();", "last"]
    assert {block["type"] for block in blocks} == {"CODE"}
    assert [block["language"] for block in blocks] == ["python", None, None]
    browser = sign_in(alice)
    place = f'href="/chat/{talk["session"]}#{talk["answer"]}"'
    assert place in browser.get(f"/stuff/{whole['id']}").text
    assert browser.get("/stuff").text.count(place) == 5
    chat = browser.get(f"/chat/{talk['session']}").text
    for item in (whole, part, *blocks):
        assert f'href="/stuff/{item["id"]}"' in chat
    api.delete(f"/stuff/{whole['id']}")
    assert whole["id"] not in browser.get(f"/chat/{talk['session']}/turns").text
    browser.post("/chat/sessions", data={"do": "delete", "session": talk["session"], "fetch": "1"})
    assert "From a chat" not in browser.get("/stuff").text


def test_a_file_is_shared_and_outlives_the_chat(
    api: httpx.Client, talk: Any, alice: Any, eventually: Any
) -> None:
    from chat.attachments import releasing
    from chat.models import Attachment, StoredFile
    from collections_app.models import ContentItem

    item = save(api, talk["question"], part="file", attachmentId=talk["picture"]["id"])
    assert (item["type"], item["title"]) == ("IMAGE", "Owl.png")
    assert item["content"].endswith("/Owl.png")
    assert save(api, talk["question"], part="file", attachmentId=talk["notes"]["id"])["type"] == "FILE"
    files = StoredFile.objects.filter(user=alice)
    assert files.count() == 2, "nothing was stored again"
    api.delete(f"/chat/attachments/{talk['picture']['id']}")
    talk["row"].session.delete()
    attachments = Attachment.objects.filter(file__user=alice)
    attachments.update(created_at="2020-01-01T00:00Z")
    releasing.sweep()
    assert (attachments.count(), files.count()) == (2, 2)
    root = str(api.base_url).partition("/api")[0]
    assert api.get(root + item["content"]).content == samples.image()
    used = api.post(f"/stuff/{item['id']}/use").json()
    [file] = used["attachments"]
    assert (used["text"], file["name"], file["size"]) == ("", "Owl.png", talk["picture"]["size"])
    assert file["previewUrl"].startswith("/uploads/att_")
    assert api.delete(f"/chat/attachments/{file['id']}").status_code == 204
    assert api.get(root + item["content"]).status_code == 200
    # It goes with the last item that is about it.
    ContentItem.objects.filter(user=alice).delete()
    releasing.sweep()
    assert (attachments.count(), files.count()) == (0, 0)


def test_an_item_holds_the_file_it_names(api: httpx.Client, talk: Any, keep: Any, alice: Any) -> None:
    from chat.models import KeptFile

    item = keep(type="IMAGE", content=talk["picture"]["url"])
    held = KeptFile.objects.filter(attachment__file__user=alice)
    assert held.get().attachment.public_id == talk["picture"]["id"]
    api.patch(f"/stuff/{item['id']}", json={"content": talk["notes"]["url"], "type": "FILE"})
    api.patch(f"/stuff/{item['id']}", json={"content": "Words", "type": "NOTE"})
    named = {file.attachment.public_id for file in held.all()}
    assert named == {talk["picture"]["id"], talk["notes"]["id"]}, "a former version can be restored"
    alice.content_items.all().delete()
    assert not held.exists()


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"type": "CODE", "content": "a\n```\n", "language": "python"}, "````python\na\n```\n````"),
        ({"type": "CODE", "content": "x"}, "```\nx\n```"),
        ({"type": "NOTE", "content": " words "}, "words"),
        ({"type": "PROMPT", "content": "Say {{it}}"}, "Say {{it}}"),
        ({"type": "LINK", "content": "https://example.org/"}, "https://example.org/"),
        ({"type": "IMAGE", "content": "https://example.org/a.png"}, "https://example.org/a.png"),
    ],
)  # fmt: skip
def test_an_item_goes_into_the_composer_as_text(
    api: httpx.Client, keep: Callable[..., Any], fields: Any, text: str
) -> None:
    used = api.post(f"/stuff/{keep(**fields)['id']}/use").json()
    assert used == {"text": text, "attachments": []}


def test_what_cannot_be_saved_changes_nothing(
    api: httpx.Client, talk: Any, alice: Any, bob: Any, make_key: Any
) -> None:
    path = f"/chat/messages/{talk['answer']}/save"
    others = httpx.Client(base_url=api.base_url, headers={"authorization": f"Bearer {make_key(bob)}"})
    with others:
        assert others.post(path, json={"part": "answer"}).status_code == 404
        body = {"type": "NOTE", "title": "x", "content": "x", "sourceMessageId": talk["answer"]}
        assert refused(others.post("/stuff", json=body)) == (400, "sourceMessageId")
        theirs = others.post("/stuff", json={**body, "sourceMessageId": None}).json()["id"]
    assert api.post(f"/stuff/{theirs}/use").status_code == 404
    assert api.post("/chat/messages/msg_nobodys/save", json={"part": "answer"}).status_code == 404
    for body, param in (
        ({"part": "poem"}, "part"), ({"part": "code"}, "index"), ({"part": "code", "index": 3}, "index"),
        ({"part": "code", "index": -1}, "index"), ({"part": "selection"}, "text"),
        ({"part": "selection", "text": " "}, "content"), ({"part": "file"}, "attachmentId"),
        ({"part": "file", "attachmentId": talk["picture"]["id"]}, "attachmentId"), ({}, "part"),
    ):  # fmt: skip
        assert refused(api.post(path, json=body)) == (400, param)
    type(talk["row"]).objects.filter(pk=talk["row"].pk).update(status="streaming")
    assert api.post(path, json={"part": "answer"}).status_code == 409
    assert not alice.content_items.exists()
