"""A collection as a file, and a file as a collection: everything comes back, and nothing comes twice."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.chat.attachments import samples
from tests.collections_app.conftest import refused

NESTED = "````md\n```python\nprint('hi')\n```\n````"
LIKE_AN_EXPORT = "## A\n\n<!-- item {} -->\n\nx\n\n<!-- /item -->\n\n<!-- /item 1 -->"
MARKED = f"# Big\n\n## Small\n\n{NESTED}\n\n> said\n\n- [x] y  \n"
CODE = "def f():\n    return 1\n"
PROMPT = "Translate {{text}} into {{language}}.\n\n--> now"
ODD_ADDRESS = "https://example.org/a?b=<c>&d=(e)"
ITEMS = [
    {"type": "CODE", "title": "A *star* `tick` #1 \\ <b>", "content": CODE, "language": "python"},
    {"type": "CODE", "title": "Fences in a fence", "content": NESTED, "language": "f# & more"},
    {"type": "NOTE", "title": "## Not a heading", "content": MARKED},
    {"type": "NOTE", "title": "An export in a note", "content": LIKE_AN_EXPORT},
    {"type": "NOTE", "title": "Lines", "content": "one\r\ntwo\r\n", "description": "1\n\n> 2\r\n3"},
    {"type": "PROMPT", "title": "Übersetzung → 日本語", "content": PROMPT},
    {"type": "LINK", "title": "[a](b)", "content": ODD_ADDRESS, "tags": ["a b", "<!-- -->"]},
    {"type": "LINK", "title": "Last", "content": "https://example.org/", "favorite": True, "tags": ["ünï"]},
    {"type": "FILE", "title": "Elsewhere", "content": "https://example.org/a.pdf"},
]
FIELDS = ("type", "title", "content", "description", "language", "tags", "favorite")


@pytest.fixture
def full(api: httpx.Client, collection: Any, keep: Callable[..., Any]) -> str:
    for item in ITEMS:
        api.post(f"/collections/{collection['id']}/items", json={"itemId": keep(**item)["id"]})
    return collection["id"]


@pytest.fixture
def elsewhere(bob: Any, make_key: Callable[..., str], portal: Any) -> Any:
    """Bob's, who has nothing yet."""
    with httpx.Client(base_url=f"{portal.url}/api", headers={"x-api-key": make_key(bob)}) as client:
        yield client


def exported(api: httpx.Client, collection: str, format: str) -> bytes:
    response = api.get(f"/collections/{collection}/export", params={"format": format}, timeout=60)
    assert response.status_code == 200, response.text
    return response.content


def imported(api: httpx.Client, data: bytes | str, name: str = "a", **fields: str) -> httpx.Response:
    return api.post("/collections/import", files={"file": (name, data)}, data=fields, timeout=60)


def inside(api: httpx.Client, collection: str) -> list[dict[str, Any]]:
    items = api.get(f"/collections/{collection}/items").json()["data"]
    return [{name: item[name] for name in FIELDS} for item in items]


def zipped(manifest: Any, **files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", manifest if isinstance(manifest, str) else json.dumps(manifest))
        for name, data in files.items():
            archive.writestr(f"files/{name}", data)
    return out.getvalue()


def manifest(*items: Any, **more: Any) -> dict[str, Any]:
    about = {"name": "From elsewhere"}
    return {"format": "llm-portal-collection", "version": 1, "collection": about, "items": items, **more}


@pytest.mark.parametrize("format", ["zip", "markdown"])
def test_everything_comes_back(api: httpx.Client, elsewhere: httpx.Client, full: str, format: str) -> None:
    api.patch(
        f"/collections/{full}", json={"name": "A #1 *list*", "description": "What\n\nfor", "icon": "star"}
    )
    report = imported(elsewhere, exported(api, full, format)).json()
    assert (len(report["created"]), report["duplicates"], report["skipped"]) == (len(ITEMS), [], [])
    there = report["collection"]["id"]
    assert inside(elsewhere, there) == inside(api, full)
    told, here = elsewhere.get(f"/collections/{there}").json(), api.get(f"/collections/{full}").json()
    assert {name: told[name] for name in ("name", "description", "color", "icon")} == {
        name: here[name] for name in ("name", "description", "color", "icon")
    }
    assert exported(elsewhere, there, "markdown") == exported(api, full, "markdown")
    assert [
        hit["title"] for hit in elsewhere.get("/stuff", params={"search": "translate"}).json()["data"]
    ] == ["Übersetzung → 日本語"]


@pytest.mark.parametrize("format", ["zip", "markdown"])
def test_nothing_comes_twice(api: httpx.Client, elsewhere: httpx.Client, full: str, format: str) -> None:
    data = exported(api, full, format)
    first = imported(elsewhere, data).json()
    again = imported(elsewhere, data).json()
    assert (again["created"], len(again["duplicates"])) == ([], len(ITEMS))
    assert again["collection"] == first["collection"]
    assert len(elsewhere.get("/collections").json()["data"]) == 1
    assert inside(elsewhere, first["collection"]["id"]) == inside(api, full)


def test_what_is_known_is_put_into_the_collection(
    api: httpx.Client, keep: Callable[..., Any], collection: Any
) -> None:
    known = keep("Mine", "The same")
    items = [
        {"type": "NOTE", "title": "Theirs", "content": "The same"},
        {"type": "NOTE", "title": "N", "content": "n"},
    ]
    report = imported(api, zipped(manifest(*items)), collectionId=collection["id"]).json()
    assert [each["id"] for each in report["duplicates"]] == [known["id"]]
    assert [each["title"] for each in report["created"]] == ["N"]
    assert [each["title"] for each in inside(api, collection["id"])] == ["Mine", "N"]
    assert report["collection"]["id"] == collection["id"]


def test_files_go_along(
    api: httpx.Client,
    elsewhere: httpx.Client,
    collection: Any,
    keep: Callable[..., Any],
    bob: Any,
    sign_in: Any,
) -> None:
    picture = samples.image()
    files = [("files", ("../a:b.png", picture)), ("files", ("notes.txt", b"Only text"))]
    stored = api.post("/chat/attachments", files=files, timeout=60).json()["data"]
    for kind, file in zip(("IMAGE", "FILE"), stored, strict=True):
        item = keep(file["name"], file["url"], type=kind)
        api.post(f"/collections/{collection['id']}/items", json={"itemId": item["id"]})
    data = exported(api, collection["id"], "zip")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        told = json.loads(archive.read("manifest.json"))
        paths = [item["file"]["path"] for item in told["items"]]
        assert archive.namelist() == ["manifest.json", *paths]
        assert [archive.read(path) for path in paths] == [picture, b"Only text"]
        assert paths == ["files/0000-a_b.png", "files/0001-notes.txt"]
        assert [item["content"] for item in told["items"]] == ["", ""]
    report = imported(elsewhere, data).json()
    assert (len(report["created"]), report["skipped"]) == (2, [])
    browser = sign_in(bob)
    addresses = [item["content"] for item in inside(elsewhere, report["collection"]["id"])]
    assert [browser.get(address).content for address in addresses] == [picture, b"Only text"]
    again = imported(elsewhere, data).json()
    assert (again["created"], len(again["duplicates"])) == ([], 2)
    from chat.models import Attachment

    assert Attachment.objects.filter(file__user=bob).count() == 2
    # Markdown has no bytes.
    text = exported(api, collection["id"], "markdown")
    report = imported(elsewhere, text).json()
    assert (report["created"], len(report["skipped"])) == ([], 2)
    assert len(imported(api, text).json()["duplicates"]) == 2


def test_any_markdown_becomes_a_note(api: httpx.Client, collection: Any) -> None:
    report = imported(api, "\ufeffIntro\n\n## On *bears* ##\n\nText", "bears.md").json()
    assert (report["collection"], [each["title"] for each in report["created"]]) == (None, ["On *bears*"])
    assert imported(api, "Intro\n\n## On *bears* ##\n\nText").json()["created"] == []
    report = imported(api, "No heading", "C:\\a\\thoughts.md", collectionId=collection["id"]).json()
    assert [each["title"] for each in report["created"]] == ["thoughts"]
    assert [each["content"] for each in inside(api, collection["id"])] == ["No heading"]


def test_what_is_no_item_is_left_out_with_a_reason(api: httpx.Client) -> None:
    bad = [
        {"type": "SONG", "title": "a", "content": "x"},
        {"type": "LINK", "title": "b", "content": "javascript:alert(1)"},
        {"type": "NOTE", "title": "c", "content": " "},
        {"type": "FILE", "title": "d", "file": {"path": "files/gone.txt", "name": "gone.txt"}},
        {"type": "NOTE", "title": "e", "file": {"path": "files/e", "name": "e"}},
        {"type": "IMAGE", "title": "f", "content": "/uploads/att_0199aaaaaaaa7aaaaaaaaaaaaaaaaaaa/a.png"},
        {"type": "FILE", "title": "g", "file": {"path": "files/g", "name": "g"}},
    ]
    good = {"type": "NOTE", "title": "good", "content": "x", "position": 9, "somethingNew": 1}
    report = imported(api, zipped(manifest(*bad, good), e=b"e", g=b"\x00\x01\x02MZ")).json()
    assert [each["title"] for each in report["created"]] == ["good"]
    assert [each["title"] for each in report["skipped"]] == list("abcdefg")
    assert all(each["reason"] for each in report["skipped"])


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b" " * 51 * 1024 * 1024)
    return out.getvalue()


def leading_out(path: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("manifest.json", json.dumps(manifest()))
        archive.writestr(path, b"x")
    return out.getvalue()


def many_names() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(5002):
            archive.writestr(str(number), b"")
    return out.getvalue()


NOTE = {"type": "NOTE", "title": "x", "content": "x"}
WRONG: dict[str, bytes | str] = {
    "a bomb": bomb(),
    "a path up": leading_out("files/../../etc/passwd"),
    "a path from the root": leading_out("/etc/passwd"),
    "a path of Windows": leading_out("..\\..\\x"),
    "many names": many_names(),
    "a broken ZIP": zipped(manifest(NOTE))[:-30],
    "no manifest": leading_out("x").replace(b"manifest.json", b"manifesto.txt"),
    "no JSON": zipped("{"),
    "deep JSON": zipped("[" * 100_000),
    "a list": zipped("[]"),
    "another format": zipped({**manifest(NOTE), "format": "chat"}),
    "a later version": zipped({**manifest(NOTE), "version": 2}),
    "no items": zipped({**manifest(), "items": None}),
    "a wrong item": zipped(manifest(NOTE, {"type": "NOTE"})),
    "a wrong type": zipped(manifest(NOTE, {**NOTE, "tags": [1]})),
    "too many items": zipped(manifest(*[NOTE] * 5001)),
    "a nameless collection": zipped({**manifest(NOTE), "collection": {"name": " "}}),
    "a colour that is none": zipped({**manifest(NOTE), "collection": {"name": "x", "color": "red"}}),
    "no text": b"\xff\xfe\x00",
    "nothing": b"",
    "a long note": "x" * 200_001,
    "a broken head": "<!-- llm-portal-collection {] -->\n\n# A\n",
    "a head of a later version": '<!-- llm-portal-collection {"version": 2} -->\n\n# A\n',
}


@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG)
def test_a_file_that_is_wrong_changes_nothing(api: httpx.Client, data: bytes | str) -> None:
    response = imported(api, data, "x.md")
    assert response.status_code == 400, response.text
    error = response.json()["error"]
    assert error["param"] in ("file", "name", "color")
    assert error["message"]
    assert api.get("/stuff").json()["data"] == api.get("/collections").json()["data"] == []


def test_lines_between_items_are_told(api: httpx.Client, full: str) -> None:
    text = exported(api, full, "markdown").decode()
    text = text.replace("\n## Last", "\n## By hand\n\nLost\n\n## Last")
    more = f"{text}\n## Open\n\n<!-- item {{}} -->\n\nx"
    report = imported(api, more).json()
    assert len(report["duplicates"]) == len(ITEMS)
    assert [each["title"] for each in report["skipped"]] == ["By hand", "Open"]


def test_an_editor_may_end_lines_otherwise(api: httpx.Client, elsewhere: httpx.Client, full: str) -> None:
    text = exported(api, full, "markdown").replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    report = imported(elsewhere, text).json()
    assert (len(report["created"]), report["skipped"]) == (len(ITEMS), [])
    found = inside(elsewhere, report["collection"]["id"])
    assert [each["title"] for each in found] == [item["title"] for item in ITEMS]
    assert found[0]["content"] == "def f():\r\n    return 1\r\n"


def test_a_thousand_items_come_and_go(api: httpx.Client, alice: Any) -> None:
    items = [{**NOTE, "title": f"No. {number}", "content": f"{number}\n" * 50} for number in range(1000)]
    report = imported(api, zipped(manifest(*items))).json()
    assert len(report["created"]) == 1000
    there = report["collection"]["id"]
    assert api.get(f"/collections/{there}").json()["itemCount"] == 1000
    for format in ("zip", "markdown"):
        again = imported(api, exported(api, there, format)).json()
        assert (len(again["created"]), len(again["duplicates"])) == (0, 1000)


def test_it_is_a_download_with_a_safe_name(api: httpx.Client, collection: Any) -> None:
    api.patch(f"/collections/{collection['id']}", json={"name": '../a"b\u202e:c'})
    response = api.get(f"/collections/{collection['id']}/export")
    assert response.headers["content-type"] == "application/zip"
    assert response.headers["content-disposition"] == 'attachment; filename="a b c.zip"'
    assert response.headers["cache-control"] == "private, no-store"
    response = api.get(f"/collections/{collection['id']}/export", params={"format": "exe"})
    assert refused(response) == (400, "format")


def test_it_rejects_what_is_somebody_elses(elsewhere: httpx.Client, collection: Any) -> None:
    assert elsewhere.get(f"/collections/{collection['id']}/export").status_code == 404
    assert refused(imported(elsewhere, "x", collectionId=collection["id"])) == (404, "collectionId")
    assert refused(elsewhere.post("/collections/import")) == (400, "file")
