"""`/profile` over HTTP."""

import io
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from PIL import Image

SignIn = Callable[..., httpx.Client]
MODEL = "Waymore-A1-Instruct-1011"
CHOICES = {
    "name": "Alice Liddell",
    "language": "de",
    "time_zone": "Europe/Vienna",
    "theme": "dark",
    "default_model": MODEL,
    "instructions": "Answer like a cat.",
}


def post(browser: httpx.Client, path: str, **data: Any) -> httpx.Response:
    return browser.post(path, data={"csrfmiddlewaretoken": browser.cookies["csrftoken"], **data})


def upload(browser: httpx.Client, data: bytes, name: str = "me.png") -> httpx.Response:
    token = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    return browser.post("/profile/picture/change", data=token, files={"picture": (name, data, "image/png")})


def image(format: str = "PNG", size: tuple[int, int] = (640, 480), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#cc3322").save(out, format, **options)
    return out.getvalue()


def test_it_keeps_what_is_chosen(sign_in: SignIn, alice: Any) -> None:
    browser = sign_in(alice)
    page = post(browser, "/profile", **CHOICES)
    assert page.url.path == "/profile"
    assert 'value="Alice Liddell"' in page.text
    assert "Answer like a cat." in page.text
    alice.refresh_from_db()
    assert alice.name == "Alice Liddell"
    assert alice.preferences.time_zone == "Europe/Vienna"
    assert "Hallo, Alice Liddell" in browser.get("/chat").text


def test_language_theme_and_time_zone_count_on_every_page(sign_in_by_form: SignIn, alice: Any) -> None:
    browser = sign_in_by_form(alice)
    assert '<html lang="en" data-theme="system">' in browser.get("/keys").text
    post(browser, "/profile", **CHOICES)
    keys = browser.get("/keys")
    assert '<html lang="de" data-theme="dark">' in keys.text
    assert keys.headers["content-language"] == "de"
    line = alice.security_events.first()
    shown = browser.get("/profile/log").text
    from zoneinfo import ZoneInfo

    assert f"{line.at.astimezone(ZoneInfo('Europe/Vienna')):%H:%M}" in shown
    assert f'title="{line.at:%Y-%m-%d %H:%M:%S} UTC"' in shown
    assert "data-theme" not in httpx.get(str(browser.base_url.join("/login"))).text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("language", "tlh"),
        ("time_zone", "Mars/Olympus"),
        ("theme", "neon"),
        ("default_model", "nobody's"),
        ("instructions", "x" * 8001),
        ("name", "x" * 151),
        ("name", "a\x00b"),
    ],
)
def test_it_refuses_and_keeps_what_was_typed(sign_in: SignIn, alice: Any, field: str, value: str) -> None:
    page = post(sign_in(alice), "/profile", **{**CHOICES, field: value})
    assert page.status_code == 200
    assert 'aria-invalid="true"' in page.text
    assert "Answer like a cat." in page.text or field == "instructions"
    alice.refresh_from_db()
    assert alice.name == ""


def test_the_theme_button_is_remembered(sign_in: SignIn, alice: Any) -> None:
    browser = sign_in(alice)
    assert post(browser, "/profile/theme", theme="light").status_code == 204
    assert 'data-theme="light"' in browser.get("/chat").text
    assert post(browser, "/profile/theme", theme="neon").status_code == 400


def test_a_picture_is_made_ours(sign_in: SignIn, alice: Any, bob: Any) -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    exif[0x0112] = 6
    browser = sign_in(alice)
    page = upload(browser, image("JPEG", exif=exif), name="../../me.php")
    assert "/profile/picture?v=" in page.text
    answer = browser.get("/profile/picture")
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["cache-control"] == "private, no-store"
    assert b"taken at home" not in answer.content
    assert len(answer.content) < 20_000
    with Image.open(io.BytesIO(answer.content)) as stored:
        assert stored.size == (256, 256)
        assert not stored.getexif()
    assert sign_in(bob).get("/profile/picture").status_code == 404
    key = alice.preferences.picture.name
    assert len(key) > 50
    assert "php" not in key


def test_a_picture_goes_with_its_file(sign_in: SignIn, alice: Any) -> None:
    browser = sign_in(alice)
    upload(browser, image())
    first = alice.preferences.picture
    upload(browser, image("GIF"))
    alice.preferences.refresh_from_db()
    second = alice.preferences.picture
    assert not first.storage.exists(first.name)
    assert second.storage.exists(second.name)
    post(browser, "/profile/picture/remove")
    assert not second.storage.exists(second.name)
    assert browser.get("/profile/picture").status_code == 404


def bomb() -> bytes:
    """A kilobyte that says it is 50,000 × 50,000."""
    data = bytearray(image("PNG", (1, 1)))
    data[16:24] = (50_000).to_bytes(4, "big") * 2
    import zlib

    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"GIF89a<script>alert(1)</script>",
        image()[:200],
        image("BMP"),
        bomb(),
        b"\x89PNG\r\n\x1a\n" + b"0" * 11_000_000,
    ],
    ids=["empty", "svg", "polyglot", "cut", "bmp", "bomb", "too large"],
)
def test_what_is_no_picture_is_refused_w04(sign_in: SignIn, alice: Any, data: bytes) -> None:
    browser = sign_in(alice)
    page = upload(browser, data)
    assert page.url.path == "/profile"
    assert 'class="box error"' in page.text
    assert browser.get("/profile/picture").status_code == 404


def test_strangers_are_sent_to_sign_in(portal: Any) -> None:
    paths = ("", "/picture", "/browsers", "/log", "/data", "/delete", "/keep", "/data/exp_1")
    for path in paths:
        answer = httpx.get(f"{portal.url}/profile{path}")
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (302, "/login")


def test_a_form_from_another_site_is_refused_w08(sign_in: SignIn, alice: Any) -> None:
    browser = sign_in(alice)
    del browser.headers["x-csrftoken"]
    for path in ("", "/theme", "/picture/remove", "/browsers/end-others", "/data", "/keep"):
        assert browser.post(f"/profile{path}", data=CHOICES).status_code == 403
