"""`/api/chat/attachments` and the downloads at `/uploads/…`."""

import io
import json
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import pytest
from django.utils import timezone
from PIL import Image

from tests.chat.attachments import samples
from tests.chat.attachments.conftest import Upload
from tests.portal_process import PortalProcess

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-" + rb"ANTIVIRUS-TEST-FILE!$H+H*"


def refused(response: httpx.Response) -> tuple[int, str | None]:
    return response.status_code, response.json()["error"]["param"]


@pytest.fixture(params=["key", "cookie"])
def caller(request: pytest.FixtureRequest, portal: PortalProcess, alice: Any) -> httpx.Client:
    if request.param == "key":
        return request.getfixturevalue("api")
    client = request.getfixturevalue("sign_in")(alice)
    client.base_url = portal.api
    return client


def test_it_uploads_shows_sends_and_deletes(
    caller: httpx.Client, portal: PortalProcess, upload: Upload
) -> None:
    body = samples.pdf("Revenue grew.", "Costs fell.")
    response = upload(("report.pdf", body), ("notes.txt", b"Remember the milk."), client=caller)
    assert response.status_code == 201, response.text
    report, notes = response.json()["data"]
    assert (report["name"], report["type"], report["size"]) == ("report.pdf", "application/pdf", len(body))
    assert (report["kind"], report["pages"], report["message"]) == ("document", 2, None)
    assert report["url"] == f"/uploads/{report['id']}/report.pdf"
    assert caller.get(f"/chat/attachments/{report['id']}").json() == report
    download = caller.get(portal.url + report["url"])
    assert download.content == body
    assert caller.delete(f"/chat/attachments/{report['id']}").status_code == 204
    for path in (f"/chat/attachments/{report['id']}", portal.url + report["url"]):
        assert caller.get(path).status_code == 404
    assert caller.get(f"/chat/attachments/{notes['id']}").status_code == 200


@pytest.mark.parametrize(
    ("name", "body", "media_type", "kind"),
    [
        ("a.png", samples.image("PNG"), "image/png", "image"),
        ("a.jpg", samples.image("JPEG"), "image/jpeg", "image"),
        ("a.gif", samples.image("GIF"), "image/gif", "image"),
        ("a.webp", samples.image("WEBP"), "image/webp", "image"),
        ("a.pdf", samples.pdf("Hello"), "application/pdf", "document"),
        ("a.doc", samples.doc("Hello"), "application/msword", "document"),
        ("a.docx", samples.docx(samples.paragraph("Hello")), DOCX, "document"),
        ("a.txt", b"Hello", "text/plain", "document"),
        ("a.csv", b"name,age\nAda,36\n", "text/csv", "data"),
        ("a.json", b'{"name": "Ada"}', "application/json", "data"),
        ("a.xml", b"<name>Ada</name>", "application/xml", "data"),
        ("a.py", b"print('Hello')", "text/plain", "code"),
        ("Dockerfile", b"FROM scratch", "text/plain", "code"),
    ],
)  # fmt: skip
def test_every_type_of_the_list_is_taken(
    uploaded: Any, name: str, body: bytes, media_type: str, kind: str
) -> None:
    made = uploaded(name, body)
    assert (made["name"], made["type"], made["kind"]) == (name, media_type, kind)


@pytest.mark.parametrize(
    ("name", "body", "told"),
    [
        ("holiday.jpg", samples.pdf("Hello"), ("holiday.jpg.pdf", "application/pdf", "document")),
        ("report.pdf", samples.image("PNG"), ("report.pdf.png", "image/png", "image")),
        ("page.html", samples.image("GIF"), ("page.html.gif", "image/gif", "image")),
        ("photo.png", b"<script>alert(1)</script>", ("photo.png", "text/plain", "document")),
        ("data.txt", b'[{"a": 1}]', ("data.txt", "application/json", "data")),
        # A picture that is a page, too: what it begins with counts.
        ("both.html", samples.image("GIF") + b"<script>alert(1)</script>",
         ("both.html.gif", "image/gif", "image")),
    ],
)  # fmt: skip
def test_the_content_decides_not_the_name_w04(uploaded: Any, name: str, body: bytes, told: Any) -> None:
    made = uploaded(name, body)
    assert (made["name"], made["type"], made["kind"]) == told


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("../../etc/passwd", "passwd"), ("..\\..\\boot.ini", "boot.ini"), ("/etc/cron.d/job", "job"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"), ("a\u200bb.txt", "ab.txt"),
        ("<img src=x>.txt", "_img src=x_.txt"), ("report.pdf.exe", "report.pdf.exe"),
        ("x" * 300 + ".txt", "x" * 196 + ".txt"), ("Übersicht 🦊.txt", "Übersicht 🦊.txt"),
        ("Ü" * 300, "Ü" * 200), ("con:aux|.txt", "con_aux_.txt"),
    ],
)  # fmt: skip
def test_a_name_cannot_mislead_w04(
    uploaded: Any, api: httpx.Client, portal: PortalProcess, name: str, stored: str
) -> None:
    made = uploaded(name, b"Hello")
    assert made["name"] == stored
    download = api.get(portal.url + made["url"])
    assert download.content == b"Hello"
    disposition = download.headers["content-disposition"]
    assert disposition.startswith("attachment; filename")
    assert unquote(disposition).count(stored) == 1


def test_a_name_with_nul_is_cut_or_refused_w04(api: httpx.Client) -> None:
    """By the form's parser already; it must not fail."""
    part = b'Content-Disposition: form-data; name="files"; filename="a\x00.php.txt"'
    headers = {"content-type": "multipart/form-data; boundary=b"}
    response = api.post(
        "/chat/attachments", content=b"--b\r\n" + part + b"\r\n\r\nHi\r\n--b--\r\n", headers=headers
    )
    assert response.status_code in (201, 400)
    assert "\x00" not in response.json().get("data", [{"name": ""}])[0]["name"]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("evil.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("evil.html", b"<!doctype html><script>alert(document.cookie)</script>"),
        ("evil.xhtml", b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><script/></html>'),
        ("eicar.com", EICAR), ("a.png", samples.image("PNG")), ("a.pdf", samples.pdf("(app.alert)")),
    ],
)  # fmt: skip
def test_no_browser_would_run_a_download_w04(
    uploaded: Any, api: httpx.Client, portal: PortalProcess, name: str, body: bytes
) -> None:
    download = api.get(portal.url + uploaded(name, body)["url"])
    assert download.content == body
    assert download.headers["content-type"] in ("application/octet-stream", "image/png")
    assert download.headers["content-disposition"].startswith("attachment")
    assert download.headers["x-content-type-options"] == "nosniff"
    assert download.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert download.headers["cache-control"] == "private, no-store"


def test_a_preview_is_small_upright_and_tells_nothing_of_the_camera(
    uploaded: Any, api: httpx.Client, portal: PortalProcess
) -> None:
    made = uploaded("photo.jpg", samples.photograph())
    preview = api.get(portal.url + made["previewUrl"])
    assert preview.headers["content-type"] == "image/jpeg"
    assert preview.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert b"SecretCamera" not in preview.content
    with Image.open(io.BytesIO(preview.content)) as picture:
        assert (picture.size, dict(picture.getexif())) == ((784, 1568), {})
    assert uploaded("a.txt", b"Hi")["previewUrl"] is None


@pytest.mark.parametrize(
    ("files", "verdict", "said"),
    [
        ([], (400, "files"), "one to 5"),
        ([(f"{n}.txt", b"x") for n in range(6)], (400, "files"), "at most 5"),
        ([("a.txt", b"x"), ("b.txt", b"")], (400, "files[1]"), "b.txt is empty"),
        ([("a.txt", b"x" * (50 * 1024 * 1024 + 1))], (413, "files[0]"), "larger than 50 MB"),
        ([("a.exe", b"MZ\x90\x00" + bytes(600))], (400, "files[0]"), "type that the portal cannot read"),
        ([("a.zip", samples.archive("a.txt"))], (400, "files[0]"), "archive"),
        ([("a.xlsx", samples.archive("xl/workbook.xml"))], (400, "files[0]"), "save its sheets as CSV"),
    ],
)  # fmt: skip
def test_it_rejects_what_it_cannot_take(
    upload: Upload, alice: Any, files: Any, verdict: Any, said: str
) -> None:
    response = upload(*files)
    assert refused(response) == verdict
    assert said in response.json()["error"]["message"]
    assert not alice.stored_files.exists()


def test_a_body_beyond_all_files_is_refused_unread(portal: PortalProcess) -> None:
    connection = HTTPConnection(urlsplit(portal.url).netloc, timeout=10)
    connection.putrequest("POST", "/api/chat/attachments")
    connection.putheader("content-length", str(10**12))
    connection.endheaders(b"--b")
    assert connection.getresponse().status == 413
    connection.close()


def test_json_is_no_upload(api: httpx.Client) -> None:
    assert api.post("/chat/attachments", json={"files": []}).status_code == 415


def test_the_same_bytes_are_stored_once_until_the_last_is_gone(
    uploaded: Any, api: httpx.Client, alice: Any, stored: Callable[[], set[str]]
) -> None:
    before = stored()
    one, two = (uploaded(name, b"The very same bytes.") for name in ("one.txt", "two.txt"))
    assert (one["name"], two["name"]) == ("one.txt", "two.txt")
    added = stored() - before
    assert added == {alice.stored_files.get().key}
    assert not any(name in key for key in added for name in ("one", str(alice.pk), alice.email))
    api.delete(f"/chat/attachments/{one['id']}")
    assert added <= stored()
    api.delete(f"/chat/attachments/{two['id']}")
    assert not added & stored()
    assert not alice.stored_files.exists()


def test_another_persons_file_is_not_there(
    uploaded: Any, portal: PortalProcess, bob: Any, make_key: Callable[..., str]
) -> None:
    made = uploaded("mine.png", samples.image())
    headers = {"authorization": f"Bearer {make_key(bob)}"}
    with httpx.Client(base_url=portal.url, headers=headers) as other:
        path = f"/api/chat/attachments/{made['id']}"
        for answer in (
            other.get(path),
            other.delete(path),
            other.get(made["url"]),
            other.get(made["previewUrl"]),
        ):
            assert answer.status_code == 404
    with httpx.Client(base_url=portal.url) as nobody:
        assert nobody.get(made["url"]).status_code == 401


def test_what_nobody_used_goes_after_a_day(
    uploaded: Any, api: httpx.Client, sweep: Callable[[], Any], stored: Callable[[], set[str]], alice: Any
) -> None:
    from chat.models import Attachment

    old, new = uploaded("old.png", samples.image()), uploaded("new.txt", b"Newer")
    key = alice.stored_files.get(kind="image").key
    long_ago = timezone.now() - timedelta(hours=25)
    Attachment.objects.filter(name="old.png", file__user=alice).update(created_at=long_ago)
    sweep()
    assert api.get(f"/chat/attachments/{old['id']}").status_code == 404
    assert api.get(f"/chat/attachments/{new['id']}").status_code == 200
    assert key not in stored()


def test_an_export_has_every_file(uploaded: Any, portal: PortalProcess, alice: Any, tmp_path: Path) -> None:
    made = uploaded("report.pdf", samples.pdf("Hello"))
    path = tmp_path / "export.zip"
    portal.manage(
        "shell", "-v", "0", "-c",
        "import zipfile; from accounts.data_export import Archive; from accounts.access import User;"
        f"from chat.attachments import own_files; archive = zipfile.ZipFile({str(path)!r}, 'w');"
        f"own_files.export(User.objects.get(pk='{alice.pk}'), Archive(archive)); archive.close()",
    )  # fmt: skip
    with zipfile.ZipFile(path) as archive:
        [row] = json.loads(archive.read("attachments/attachments.json"))
        assert archive.read(row["path"]) == samples.pdf("Hello")
    assert row["id"] == made["id"]


def test_a_deleted_account_leaves_no_file(
    uploaded: Any, portal: PortalProcess, alice: Any, stored: Callable[[], set[str]]
) -> None:
    uploaded("photo.jpg", samples.image("JPEG"))
    keys = set(alice.stored_files.get().keys)
    assert len(keys) == 2
    assert keys <= stored()
    portal.manage(
        "shell", "-v", "0", "-c",
        "from accounts.deletion import delete_account; from accounts.access import User;"
        f"delete_account(user=User.objects.get(pk='{alice.pk}'))",
    )  # fmt: skip
    assert not keys & stored()


def test_the_same_bytes_at_the_same_time_are_stored_once(
    upload: Upload, alice: Any, stored: Callable[[], set[str]]
) -> None:
    before, body = stored(), samples.image(size=(500, 400))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda number: upload((f"{number}.png", body)), range(4)))
    assert [answer.status_code for answer in answers] == [201] * 4
    assert stored() - before == set(alice.stored_files.get().keys)
    assert alice.stored_files.get().attachments.count() == 4
