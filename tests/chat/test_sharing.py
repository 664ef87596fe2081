"""Sharing by link (battery Z07): frozen, anonymous, revocable, unguessable."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.portal_process import ROOT, PortalProcess

MODEL = "Waymore-A1-Instruct-1011"
TUTORIAL = ROOT / "chat/gateway/upstreams/builtin/tutorials/57-share-export-import.md"


@pytest.fixture
def chat(api: httpx.Client) -> str:
    """The id of a session in which something was said."""
    session = api.post("/chat/sessions", json={"title": "Prices <b>"}).json()["id"]
    say(api, session, "How much is $5?")
    say(api, session, "It is **five** <script>alert(1)</script> dollars.", role="assistant", model=MODEL)
    return session


def say(api: httpx.Client, session: str, text: str, **fields: Any) -> None:
    body = {"content": text, **fields}
    assert api.post(f"/chat/sessions/{session}/messages", json=body).status_code == 201


def share(api: httpx.Client, session: str, **fields: Any) -> dict[str, Any]:
    response = api.post(f"/chat/sessions/{session}/shares", json=fields)
    assert response.status_code == 201, response.text
    return response.json()


def test_it_shows_the_snapshot_to_anybody_z07(api: httpx.Client, chat: str, alice: Any) -> None:
    made = share(api, chat)
    page = httpx.get(made["url"])
    assert page.status_code == 200
    assert "<strong>five</strong>" in page.text
    assert "<script>alert" not in page.text
    assert "Prices &lt;b&gt;" in page.text
    assert alice.email not in page.text
    assert alice.display_name not in page.text
    assert chat not in page.text
    assert "sidebar" not in page.text


def test_what_is_said_later_does_not_show_until_it_is_updated_z07(api: httpx.Client, chat: str) -> None:
    made = share(api, chat, title="For you")
    say(api, chat, "And later")
    assert "And later" not in httpx.get(made["url"]).text
    updated = api.patch(f"/chat/shares/{made['id']}", json={}).json()
    assert (updated["id"], updated["title"]) == (made["id"], "For you")
    page = httpx.get(made["url"]).text
    assert "And later" in page
    assert "For you" in page


def test_revoked_means_gone_z07(api: httpx.Client, chat: str) -> None:
    made = share(api, chat)
    assert httpx.get(made["url"]).status_code == 200
    assert api.delete(f"/chat/shares/{made['id']}").status_code == 204
    assert httpx.get(made["url"]).status_code == 404
    assert api.get(f"/chat/shares/{made['id']}").status_code == 404
    again = share(api, chat)
    api.delete(f"/chat/sessions/{chat}")
    assert httpx.get(again["url"]).status_code == 404


@pytest.mark.parametrize("reason", ["disabled", "leaving"])
def test_links_of_people_who_are_out_are_closed_z07(
    api: httpx.Client, chat: str, alice: Any, reason: str
) -> None:
    from accounts.deletion import request_deletion

    made = share(api, chat)
    if reason == "disabled":
        type(alice).objects.filter(pk=alice.pk).update(is_active=False)
    else:
        request_deletion(user=alice)
    assert httpx.get(made["url"]).status_code == 404


def test_its_headers_keep_it_out_of_search_engines_and_caches_z07(api: httpx.Client, chat: str) -> None:
    page = httpx.get(share(api, chat)["url"])
    assert "noindex" in page.headers["x-robots-tag"]
    assert '<meta name="robots" content="noindex' in page.text
    assert page.headers["cache-control"] == "private, no-cache"
    assert page.headers["referrer-policy"] == "no-referrer"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_the_token_is_random_and_not_stored_z07(api: httpx.Client, chat: str) -> None:
    from chat.models import SharedSnapshot

    made = [share(api, chat) for _ in range(3)]
    tokens = [each["url"].rsplit("/", 1)[1] for each in made]
    assert len(set(tokens)) == 3
    assert all(re.fullmatch(r"[\w-]{32}", token) for token in tokens)
    rows = str(list(SharedSnapshot.objects.values()))
    assert not any(token in rows for token in tokens)
    listed = api.get(f"/chat/sessions/{chat}/shares").json()["data"]
    assert [each["id"] for each in listed] == [each["id"] for each in reversed(made)]
    assert all("url" not in each for each in listed)


@pytest.mark.parametrize("token", ["x" * 32, "shr_" + "0" * 32, "%00", "é", "a/b"])
def test_a_guess_finds_nothing_z07(portal: PortalProcess, token: str) -> None:
    assert httpx.get(f"{portal.url}/share/{token}").status_code == 404


def test_files_stay_with_their_owner_z07(api: httpx.Client, chat: str) -> None:
    file = {"name": "salaries.pdf", "type": "application/pdf", "size": 9, "url": "/uploads/x"}
    say(api, chat, "See this", attachments=[file])
    page = httpx.get(share(api, chat)["url"]).text
    assert "with 1 file" in page
    assert "salaries" not in page
    assert "/uploads/x" not in page


def test_an_empty_chat_cannot_be_shared(api: httpx.Client) -> None:
    session = api.post("/chat/sessions").json()["id"]
    assert api.post(f"/chat/sessions/{session}/shares").status_code == 409


def test_a_chat_has_so_many_links_and_no_more(api: httpx.Client, chat: str) -> None:
    for _ in range(20):
        share(api, chat)
    assert api.post(f"/chat/sessions/{chat}/shares").status_code == 409


def test_the_list_of_ones_links_revokes_too(
    api: httpx.Client, chat: str, alice: Any, bob: Any, sign_in: Callable[..., httpx.Client]
) -> None:
    made = share(api, chat)
    browser = sign_in(alice)
    assert "Prices &lt;b&gt;" in browser.get("/profile/links").text
    assert "Prices" not in sign_in(bob).get("/profile/links").text
    assert "revoked" in browser.post(f"/profile/links/{made['id']}/revoke").text
    assert httpx.get(made["url"]).status_code == 404


def test_the_data_export_knows_them(api: httpx.Client, chat: str, alice: Any) -> None:
    import io
    import json
    import zipfile

    from accounts.data_export import Archive
    from chat.sharing.own_data import export

    made = share(api, chat)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        export(alice, Archive(archive))
    with zipfile.ZipFile(file) as archive:
        rows = json.loads(archive.read("shares/shares.json"))
    assert rows[0]["id"] == made["id"]
    assert made["url"].rsplit("/", 1)[1] not in str(rows)


def test_the_tutorials_calls_work(
    api: httpx.Client, chat: str, portal: PortalProcess, tmp_path: Path
) -> None:
    secret = api.headers["authorization"].removeprefix("Bearer ")
    printed = re.findall(r"```bash\n(.*?)```", TUTORIAL.read_text(), re.DOTALL)
    calls = [call for block in printed for call in re.split(r"\n\n(?=curl)", block)]
    for call in calls:
        code = call.replace("http://127.0.0.1:8000", portal.url).replace("YOUR_API_KEY", secret)
        code = code.strip().replace("SESSION_ID", chat) + " -sS --fail"
        subprocess.run(["sh", "-c", code], check=True, cwd=tmp_path, capture_output=True, timeout=60)
    assert len(calls) == 5
