"""What a model is told of files: in completions of both formats, and in sessions."""

import base64
import io
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.chat.attachments import samples
from tests.conformance import says
from tests.conformance.scripted import Script, ScriptedServer
from tests.portal_process import ROOT, PortalProcess

Json = dict[str, Any]
PATHS = {"openai": "/chat/completions", "anthropic": "/v1/messages"}
TUTORIAL = ROOT / "chat/gateway/upstreams/builtin/tutorials/57-attachments.md"
NAMED = {
    "id": lambda made: {"id": made["id"]},
    "url": lambda made: {name: made[name] for name in ("name", "type", "size", "url")},
}


@pytest.fixture
def scripted(
    server: ScriptedServer, make_model: Callable[..., Any], make_upstream: Callable[..., Any]
) -> Callable[..., tuple[str, Script]]:
    """A model that says nothing much, and what it was told."""

    def make(kind: str = "openai", **fields: Any) -> tuple[str, Script]:
        answer = says.openai() if kind == "openai" else says.anthropic()
        model = make_model(upstream=make_upstream(kind=kind), **fields)
        script = server.scripts[f"theirs-{model.name}"] = Script(answer)
        return model.name, script

    return make


def ask(client: httpx.Client, model: str, text: str, *notes: Json, wire: str = "openai", **more: Any) -> Any:
    body = {"model": model, "max_tokens": 50, "messages": [{"role": "user", "content": text}], **more}
    return client.post(PATHS[wire], json={**body, "attachments": list(notes)})


def told(script: Script) -> str:
    return json.dumps(script.asked[-1]["messages"], ensure_ascii=False)


@pytest.mark.parametrize("by", NAMED)
@pytest.mark.parametrize("kind", PATHS)
@pytest.mark.parametrize("wire", PATHS)
def test_a_document_is_told_before_the_question(
    uploaded: Any, api: httpx.Client, scripted: Any, wire: str, kind: str, by: str
) -> None:
    made = uploaded("report.pdf", samples.pdf("Revenue grew by a tenth.", "Costs fell."))
    model, script = scripted(kind)
    answer = ask(api, model, "What grew?", NAMED[by](made), wire=wire)
    assert answer.status_code == 200, answer.text
    said = told(script)
    assert said.index("[Page 1]\\nRevenue grew by a tenth.\\n[Page 2]") < said.index("What grew?")
    assert "report.pdf" in said
    assert "attachments" not in script.asked[-1]


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("a.doc", samples.doc("Grüße\naus Köln"), "Grüße\\naus Köln"),
        ("a.docx", samples.docx(samples.paragraph("First"), samples.paragraph("Second")), "First\\nSecond"),
        ("a.csv", "Name;Größe\nÄda;1,68".encode("cp1252"), "Name;Größe\\nÄda;1,68"),
        ("a.txt", "Größe".encode("utf-16"), "Größe"),
        ("a.json", b'{"a": [1, 2]}', '{\\"a\\": [1, 2]}'),
        # An XML bomb is text like any other: it is told as it stands, and nothing unpacks it.
        ("a.xml", samples.xml_bomb().encode(), "&lol8;&lol8;"),
        ("a.py", b"def f():\r\n\treturn 1", "def f():\\n\\treturn 1"),
    ],
)  # fmt: skip
def test_the_text_of_every_type_is_told(
    uploaded: Any, api: httpx.Client, scripted: Any, name: str, body: bytes, expected: str
) -> None:
    model, script = scripted()
    assert ask(api, model, "What is this?", {"id": uploaded(name, body)["id"]}).status_code == 200
    assert expected in told(script)


def test_an_image_is_shown_upright_small_and_without_its_cameras_words(
    uploaded: Any, portal: PortalProcess, alice: Any, make_key: Callable[..., str], scripted: Any
) -> None:
    made = uploaded("photo.jpg", samples.photograph())
    model, script = scripted(capabilities=["chat", "vision"])
    headers = {"x-api-key": make_key(alice, "chat", "vision")}
    with httpx.Client(base_url=portal.api, headers=headers, timeout=30) as seeing:
        assert ask(seeing, model, "What is it?", {"id": made["id"]}).status_code == 200
    shown, text = script.asked[-1]["messages"][-1]["content"]
    head, _, data = shown["image_url"]["url"].partition(",")
    assert (head, text["text"]) == ("data:image/jpeg;base64", "What is it?")
    body = base64.b64decode(data)
    assert b"SecretCamera" not in body
    with Image.open(io.BytesIO(body)) as picture:
        assert picture.size == (784, 1568)


def test_an_image_needs_the_permission_and_a_model_that_sees(
    uploaded: Any, portal: PortalProcess, api: httpx.Client, alice: Any, make_key: Any, scripted: Any
) -> None:
    note = {"id": uploaded("a.png", samples.image())["id"]}
    seeing, _ = scripted(capabilities=["chat", "vision"])
    assert ask(api, seeing, "What is it?", note).status_code == 403
    blind, script = scripted()
    with httpx.Client(base_url=portal.api, headers={"x-api-key": make_key(alice, "chat", "vision")}) as key:
        refused = ask(key, blind, "What is it?", note)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "attachments")
    assert f"a.png is an image, and {blind} cannot see" in refused.json()["error"]["message"]
    assert script.asked == []


def test_only_the_parts_that_fit_the_question_are_told_of_a_long_document(
    uploaded: Any, api: httpx.Client, scripted: Any
) -> None:
    pages = [f"On page {n} there are harbours, ships and the sea." * 20 for n in range(1, 200)]
    pages[149] = "The treasure of the lighthouse keeper is under the third step."
    long = uploaded("book.pdf", samples.pdf("A book of harbours", *pages))
    short = uploaded("note.txt", b"A short note that is told whole.")
    model, script = scripted(context_window=8000)
    session = api.post("/chat/sessions", json={}).json()["id"]
    notes = ({"id": long["id"]}, {"id": short["id"]})
    answer = ask(api, model, "Where is the treasure of the keeper?", *notes, session_id=session)
    assert answer.status_code == 200, answer.text
    said = told(script)
    assert "third step" in said
    assert "A book of harbours" in said
    assert "[Page 151]" in said
    assert "A short note that is told whole." in said
    assert "parts that fit the question best" in said
    assert 6_000 < len(said) < 20_000
    stored = api.get(f"/chat/sessions/{session}/messages", params={"order": "asc"}).json()["data"][0]
    assert stored["content"] == "Where is the treasure of the keeper?"
    assert stored["attachments"][0]["note"].startswith(f"Too long for {model}")
    assert "note" not in stored["attachments"][1]
    # Another question finds other parts of the same file.
    ask(api, model, "Tell me of page 77.", session_id=session)
    assert "On page 77 " in told(script)


def test_a_sessions_files_stay_in_its_context_until_it_goes(
    uploaded: Any, api: httpx.Client, scripted: Any, stored: Callable[[], set[str]], alice: Any
) -> None:
    made = uploaded("plan.txt", b"The plan is to wait.")
    key = alice.stored_files.get().key
    model, script = scripted()
    session = api.post("/chat/sessions", json={}).json()["id"]
    note = {name: made[name] for name in ("name", "type", "size", "url")}
    message = {"sessionId": session, "content": "", "attachments": [made]}
    said = api.post("/chat/messages", json=message)
    assert said.status_code == 201, said.text
    assert said.json()["attachments"] == [{**note, "id": made["id"]}]
    for question in ("What is the plan?", "And then?"):
        assert ask(api, model, question, session_id=session).status_code == 200
        assert told(script).count("The plan is to wait.") == 1
    api.delete(f"/chat/sessions/{session}")
    assert api.get(f"/chat/attachments/{made['id']}").status_code == 404
    assert key not in stored()


def test_shared_bytes_go_with_the_last_session(
    uploaded: Any, api: httpx.Client, stored: Callable[[], set[str]], alice: Any
) -> None:
    made = uploaded("plan.txt", b"Shared by two sessions.")
    key = alice.stored_files.get().key
    sessions = [api.post("/chat/sessions", json={}).json()["id"] for _ in range(2)]
    for session in sessions:
        note = {name: made[name] for name in ("id", "name", "type", "size", "url")}
        path = f"/chat/sessions/{session}/messages"
        assert api.post(path, json={"content": "Hi", "attachments": [note]}).status_code == 201
    api.delete(f"/chat/sessions/{sessions[0]}")
    assert key in stored()
    assert api.get(f"/chat/attachments/{made['id']}").status_code == 200
    api.delete(f"/chat/sessions/{sessions[1]}")
    assert key not in stored()


def test_an_earlier_image_does_not_stop_a_model_that_cannot_see(
    uploaded: Any, portal: PortalProcess, alice: Any, make_key: Any, scripted: Any
) -> None:
    note = {"id": uploaded("a.png", samples.image())["id"]}
    seeing, _ = scripted(capabilities=["chat", "vision"])
    blind, script = scripted()
    headers = {"x-api-key": make_key(alice, "chat", "vision")}
    with httpx.Client(base_url=portal.api, headers=headers, timeout=30) as client:
        session = client.post("/chat/sessions", json={}).json()["id"]
        assert ask(client, seeing, "What is it?", note, session_id=session).status_code == 200
        assert ask(client, blind, "And?", session_id=session).status_code == 200
    assert "a.png: an image, which you cannot see" in told(script)


@pytest.mark.parametrize(
    ("notes", "param"),
    [
        ("x", "attachments"), ([{"id": "x"}] * 6, "attachments"), ([7], "attachments[0]"),
        ([{"id": 7}], "attachments[0]"), ([{"name": "a"}], "attachments[0]"),
        ([{"url": "https://elsewhere.example/a.pdf"}], "attachments"),
        ([{"id": "att_" + "0" * 32}], "attachments[0].id"),
        ([{"url": "/uploads/att_" + "0" * 32 + "/a.txt"}], "attachments[0].url"),
    ],
)  # fmt: skip
def test_it_rejects_files_that_are_none(api: httpx.Client, scripted: Any, notes: Any, param: str) -> None:
    model, script = scripted()
    body = {"model": model, "messages": [{"role": "user", "content": "Hi"}], "attachments": notes}
    response = api.post("/chat/completions", json=body)
    assert (response.status_code, response.json()["error"]["param"]) == (400, param)
    assert script.asked == []


def test_another_persons_file_is_as_one_that_is_not_there(
    uploaded: Any, portal: PortalProcess, bob: Any, make_key: Any, scripted: Any
) -> None:
    made = uploaded("secret.txt", b"Alice's secret")
    model, script = scripted()
    headers = {"x-api-key": make_key(bob)}
    with httpx.Client(base_url=portal.api, headers=headers, timeout=30) as client:
        session = client.post("/chat/sessions", json={}).json()["id"]
        for note in ({"id": made["id"]}, {"url": made["url"]}, {"url": portal.url + made["url"]}):
            assert ask(client, model, "Hi", note).status_code == 400
            full = {"name": "a", "type": "text/plain", "size": 1, "url": "/x", **note}
            path = f"/chat/sessions/{session}/messages"
            assert client.post(path, json={"content": "Hi", "attachments": [full]}).status_code == 400
    assert script.asked == []


def test_the_tutorials_calls_work_as_printed(
    portal: PortalProcess, secret: str, api: httpx.Client, tmp_path: Path
) -> None:
    (tmp_path / "report.pdf").write_bytes(samples.pdf("The key point."))
    printed = re.findall(r"```bash\n(.*?)```", TUTORIAL.read_text(), re.DOTALL)
    calls = [call for block in printed for call in re.split(r"\n\n(?=curl)", block)]
    made, answers = "", []
    for call in calls:
        code = call.replace("http://127.0.0.1:8000", portal.url).replace("YOUR_API_KEY", secret)
        code = code.strip().replace("ATTACHMENT_ID", made) + " -sS -w '\\n%{http_code}'"
        done = subprocess.run(["sh", "-c", code], capture_output=True, text=True, timeout=60, cwd=tmp_path)
        made = made or json.loads(done.stdout.splitlines()[0])["data"][0]["id"]
        answers.append(done.stdout)
    assert [answer.splitlines()[-1] for answer in answers] == ["201", "200", "200", "200", "204"]
    assert "The key point." in answers[1]


def test_tokens_of_files_are_counted(uploaded: Any, api: httpx.Client) -> None:
    note = {"id": uploaded("long.txt", b"word " * 2000)["id"]}
    body = {"model": "Waymore-A1-Instruct-1011", "messages": [{"role": "user", "content": "Hi"}]}
    path = "/v1/messages/count_tokens"
    without, beside = (api.post(path, json={**body, "attachments": notes}).json() for notes in ([], [note]))
    assert beside["input_tokens"] > without["input_tokens"] + 1000


def test_a_branch_has_the_files_of_where_it_came_from(
    uploaded: Any, api: httpx.Client, portal: PortalProcess, sign_in: Any, alice: Any, scripted: Any
) -> None:
    made = uploaded("plan.txt", b"The plan is to wait.")
    model, script = scripted()
    session = api.post("/chat/sessions", json={}).json()["id"]
    assert ask(api, model, "What is it?", {"id": made["id"]}, session_id=session).status_code == 200
    answer = api.get(f"/chat/sessions/{session}/messages").json()["data"][0]
    page = sign_in(alice).post(f"/chat/messages/{answer['id']}/branch")
    branch = page.url.path.rpartition("/")[2]
    assert branch != session
    assert "plan.txt" in page.text
    api.delete(f"/chat/sessions/{session}")
    assert ask(api, model, "And then?", session_id=branch).status_code == 200
    assert "The plan is to wait." in told(script)


def test_the_chat_page_takes_ones_own_files_only(
    uploaded: Any, portal: PortalProcess, sign_in: Any, alice: Any, bob: Any, eventually: Any
) -> None:
    made = uploaded("plan.txt", b"The plan is to wait.")
    command = {"type": "ask", "text": "", "attachments": [made["id"]], "ref": "1"}
    for attachments in ([made["id"]], ["att_" + "0" * 32], ["x"], [made["id"]] * 6):
        refused = sign_in(bob).post("/chat/commands", json={**command, "attachments": attachments})
        assert refused.json()["type"] == "rejected", refused.text
    browser = sign_in(alice)
    asked = browser.post("/chat/commands", json=command).json()
    assert asked["session"]["title"] == "plan.txt"
    page = eventually(
        lambda: (text := browser.get(f"{asked['session']['url']}/turns").text).count("5 words") and text
    )
    assert "plan.txt" in page
    assert made["url"] in page
