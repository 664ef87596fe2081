"""`/api/chat/sessions` and messages over HTTP, as spec.txt prints them."""

import re
import subprocess
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.portal_process import ROOT, PortalProcess

MODEL = "Waymore-A1-Instruct-1011"
REPORT = {
    "name": "report.pdf", "type": "application/pdf", "size": 245000, "url": "/uploads/abc123/report.pdf",
}  # fmt: skip
TUTORIAL = ROOT / "chat/gateway/upstreams/builtin/tutorials/55-sessions.md"


@pytest.fixture(params=["key", "cookie"])
def caller(request: pytest.FixtureRequest, portal: PortalProcess, alice: Any) -> httpx.Client:
    if request.param == "key":
        return request.getfixturevalue("api")
    client = request.getfixturevalue("sign_in")(alice)
    client.base_url = portal.api
    return client


def create(client: httpx.Client, **fields: Any) -> dict[str, Any]:
    response = client.post("/chat/sessions", json={"title": "Project Research", "model": MODEL, **fields})
    assert response.status_code == 201, response.text
    return response.json()


def refused(response: httpx.Response) -> tuple[int, str | None]:
    return response.status_code, response.json()["error"]["param"]


def test_it_creates_reads_changes_and_deletes(caller: httpx.Client) -> None:
    made = create(caller)
    assert made.pop("messages") == []
    assert (made["title"], made["model"], made["folder"]) == ("Project Research", MODEL, None)
    assert (made["pinned"], made["archived"]) == (False, False)
    path = f"/chat/sessions/{made['id']}"
    assert caller.get(path).json() == made
    wanted = {"title": "AI Research 2025", "pinned": True, "archived": True, "folder": "Work"}
    changed = caller.patch(path, json=wanted).json()
    assert changed == {**made, **wanted}
    assert caller.patch(f"{path}/", json={"folder": None}).json()["folder"] is None
    assert caller.delete(path).status_code == 204
    assert caller.get(path).status_code == 404
    assert caller.get(f"{path}/messages").status_code == 404


def test_a_session_needs_nothing_to_begin(api: httpx.Client) -> None:
    made = api.post("/chat/sessions").json()
    assert (made["title"], made["model"]) == ("New chat", MODEL)


def test_a_message_is_stored_with_its_attachments(caller: httpx.Client) -> None:
    """spec.txt, "Include the attachment metadata when creating a message"."""
    session = create(caller)["id"]
    said = {"role": "user", "content": "Summarize.", "model": MODEL, "attachments": [REPORT]}
    response = caller.post("/chat/messages", json={"sessionId": session, **said})
    assert response.status_code == 201, response.text
    made = response.json()
    assert {name: made[name] for name in said} == said
    assert (made["sessionId"], made["status"]) == (session, "complete")
    assert caller.get(f"/chat/sessions/{session}/messages").json()["data"] == [made]


def test_deletion_takes_the_messages_along(api: httpx.Client, alice: Any) -> None:
    from chat.models import Message

    session = create(api)["id"]
    assert api.post(f"/chat/sessions/{session}/messages", json={"content": "Hi"}).status_code == 201
    assert Message.objects.filter(session__user=alice).count() == 1
    api.delete(f"/chat/sessions/{session}")
    assert not Message.objects.filter(session__user=alice).exists()


def test_another_persons_session_is_not_there(
    api: httpx.Client, portal: PortalProcess, bob: Any, make_key: Callable[..., str]
) -> None:
    session = create(api)["id"]
    headers = {"authorization": f"Bearer {make_key(bob, 'embeddings')}"}
    with httpx.Client(base_url=portal.api, headers=headers) as other:
        path = f"/chat/sessions/{session}"
        answers = [
            other.get(path), other.patch(path, json={"title": "x"}), other.delete(path),
            other.get(f"{path}/messages"), other.post(f"{path}/messages", json={"content": "x"}),
            other.post("/chat/messages", json={"sessionId": session, "content": "x"}),
        ]  # fmt: skip
        assert {answer.status_code for answer in answers} == {404}
        assert other.get("/chat/sessions").json()["data"] == []
    assert api.get(path).status_code == 200


def test_any_key_of_the_owner_will_do(
    api: httpx.Client, portal: PortalProcess, alice: Any, make_key: Callable[..., str]
) -> None:
    session = create(api)["id"]
    headers = {"x-api-key": make_key(alice, "embeddings")}
    assert httpx.get(f"{portal.api}/chat/sessions/{session}", headers=headers).status_code == 200


def test_the_list_is_filtered_and_comes_page_by_page(api: httpx.Client) -> None:
    def titles(**params: Any) -> list[str]:
        response = api.get("/chat/sessions", params=params)
        assert response.status_code == 200, response.text
        return [session["title"] for session in response.json()["data"]]

    create(api, title="Alpha plan")
    beta = create(api, title="Beta PLAN", folder="Work", pinned=True)["id"]
    create(api, title="Gamma", archived=True)
    assert titles() == ["Gamma", "Beta PLAN", "Alpha plan"]
    assert titles(search="plan") == ["Beta PLAN", "Alpha plan"]
    assert titles(search="%") == []
    assert titles(pinned="true") == ["Beta PLAN"]
    assert titles(archived="false") == ["Beta PLAN", "Alpha plan"]
    assert titles(folder="Work") == ["Beta PLAN"]
    assert titles(folder="") == ["Gamma", "Alpha plan"]
    api.post(f"/chat/sessions/{beta}/messages", json={"content": "Hi"})
    first = api.get("/chat/sessions", params={"limit": 2}).json()
    rest = api.get("/chat/sessions", params={"limit": 2, "cursor": first["nextCursor"]}).json()
    listed = [session["title"] for session in [*first["data"], *rest["data"]]]
    assert listed == ["Beta PLAN", "Gamma", "Alpha plan"]
    assert rest["nextCursor"] is None


@pytest.mark.parametrize("order", ["desc", "asc"])
def test_messages_come_page_by_page(api: httpx.Client, order: str) -> None:
    path = f"/chat/sessions/{create(api)['id']}/messages"
    for number in range(5):
        api.post(path, json={"content": str(number), "role": "assistant" if number % 2 else "user"})
    said, cursor = [], None
    for _ in range(3):
        params = {"limit": 2, "order": order, **({"cursor": cursor} if cursor else {})}
        page = api.get(path, params=params).json()
        said += [message["content"] for message in page["data"]]
        cursor = page["nextCursor"]
    assert cursor is None
    assert said == (list("01234") if order == "asc" else list("43210"))


@pytest.mark.parametrize("path", ["/chat/sessions", "/chat/sessions/{id}/messages"])
@pytest.mark.parametrize(
    ("param", "value"),
    [
        ("limit", "0"), ("limit", "-1"), ("limit", "1000000000"), ("limit", "x"), ("cursor", "x"),
        ("cursor", "\x00"), ("sortBy", "title"), ("page", "2"),
    ],
)  # fmt: skip
def test_it_rejects_a_query_it_does_not_know_b03(
    api: httpx.Client, path: str, param: str, value: str
) -> None:
    path = path.format(id=create(api)["id"])
    assert refused(api.get(path, params={param: value})) == (400, param)


@pytest.mark.parametrize(
    ("param", "value"),
    [("pinned", "x"), ("archived", "2"), ("folder", "\x00"), ("search", "\x00"), ("search", "x" * 201)],
)
def test_it_rejects_a_filter_that_cannot_be_b03(api: httpx.Client, param: str, value: str) -> None:
    assert refused(api.get("/chat/sessions", params={param: value})) == (400, param)


def test_a_cursor_of_another_order_is_refused_b03(api: httpx.Client) -> None:
    path = f"/chat/sessions/{create(api)['id']}/messages"
    for _ in range(2):
        api.post(path, json={"content": "Hi"})
    cursor = api.get(path, params={"limit": 1}).json()["nextCursor"]
    assert refused(api.get(path, params={"order": "asc", "cursor": cursor})) == (400, "cursor")
    assert refused(api.get(path, params={"order": "up"})) == (400, "order")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""), ("title", " "), ("title", "x" * 201), ("title", "a\x00b"), ("title", 7),
        ("title", None),
        ("model", "nobody-has-this"), ("model", "\x00"), ("folder", ""), ("folder", "x" * 101),
        ("folder", "\x00"), ("pinned", "yes"), ("archived", 1), ("colour", "red"),
    ],
)  # fmt: skip
def test_it_rejects_a_session_that_cannot_be_b04(api: httpx.Client, field: str, value: Any) -> None:
    made = create(api)
    assert refused(api.post("/chat/sessions", json={"title": "x", field: value})) == (400, field)
    assert refused(api.patch(f"/chat/sessions/{made['id']}", json={field: value})) == (400, field)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"content": ""}, "content"), ({"content": "a\x00b"}, "content"),
        ({"content": "x" * 200_001}, "content"),
        ({"content": None}, "content"), ({"role": "system"}, "role"), ({"model": "a\x00"}, "model"),
        ({"attachments": [REPORT] * 6}, "attachments"),
        ({"attachments": [{**REPORT, "name": ""}]}, "attachments[0].name"),
        ({"attachments": [REPORT, {**REPORT, "name": "\x00"}]}, "attachments[1].name"),
        ({"attachments": [{**REPORT, "type": "pdf"}]}, "attachments[0].type"),
        ({"attachments": [{**REPORT, "size": -1}]}, "attachments[0].size"),
        ({"attachments": [{**REPORT, "size": 52_428_801}]}, "attachments[0].size"),
        ({"attachments": [{**REPORT, "url": "javascript:alert(1)"}]}, "attachments[0].url"),
        ({"attachments": [{**REPORT, "url": "//elsewhere.example/x"}]}, "attachments[0].url"),
        ({"attachments": [{**REPORT, "colour": "red"}]}, "attachments[0].colour"),
        ({"attachments": [{"name": "x"}]}, "attachments[0].type"),
    ],
)  # fmt: skip
def test_it_rejects_a_message_that_cannot_be_b04(api: httpx.Client, change: Any, param: str) -> None:
    body = {"sessionId": create(api)["id"], "role": "user", "content": "Hi", **change}
    assert refused(api.post("/chat/messages", json=body)) == (400, param)


@pytest.mark.parametrize(
    "text", ["🦊" * 200, "مرحبا", "e\u0301", "\u202e<script>", "line\u2028break", "\ufeff"]
)
def test_what_people_write_comes_back_as_it_was_b04(api: httpx.Client, text: str) -> None:
    session = create(api, title=text, folder=text[:100])
    assert session["title"] == text.strip()
    told = api.post("/chat/messages", json={"sessionId": session["id"], "content": f"{text}\n\t{text}"})
    assert told.json()["content"] == f"{text}\n\t{text}"
    assert api.get("/chat/sessions", params={"search": text[:50]}).json()["data"][0]["id"] == session["id"]


def test_half_a_pair_is_no_json_b04(api: httpx.Client) -> None:
    assert api.post("/chat/sessions", content=b'{"title": "\\ud800"}').status_code == 400


def test_the_tutorials_calls_work_as_printed(portal: PortalProcess, api: httpx.Client, secret: str) -> None:
    session = create(api)["id"]
    printed = re.findall(r"```bash\n(.*?)```", TUTORIAL.read_text(), re.DOTALL)
    calls = [call for block in printed for call in re.split(r"\n\n(?=curl)", block)]
    answers = []
    for call in calls:
        code = call.replace("http://127.0.0.1:8000", portal.url).replace("YOUR_API_KEY", secret)
        code = code.strip().replace("SESSION_ID", session) + " -sS -w '\\n%{http_code}'"
        done = subprocess.run(["sh", "-c", code], capture_output=True, text=True, timeout=60)
        answers.append((done.stdout.splitlines()[-1], done.stdout))
    assert [status for status, _ in answers] == ["201", "200", "200", "201", "200", "200", "204"]
    assert "Summarize the latest trends in AI." in answers[2][1]
    assert "AI Research 2025" in answers[5][1]
