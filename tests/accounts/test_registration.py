"""Signing up by e-mail, over HTTP as a browser does it."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import PASSWORD
from tests.portal_process import PortalProcess

Post = Callable[[str, dict[str, str]], httpx.Response]


@pytest.fixture
def browser(portal: PortalProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=portal.url, follow_redirects=True) as client:
        yield client


@pytest.fixture
def post(browser: httpx.Client) -> Post:
    def submit(path: str, data: dict[str, str]) -> httpx.Response:
        form = browser.get(path)
        return browser.post(form.url, data={**data, "csrfmiddlewaretoken": browser.cookies["csrftoken"]})

    return submit


def outbox(portal: PortalProcess, email: str) -> list[str]:
    mails = sorted(Path(portal.variables["PORTAL_DATA_DIR"], "outbox").glob("*.eml"))
    return [text for text in (mail.read_text() for mail in mails) if f"To: {email}" in text]


def test_it_works(portal: PortalProcess, browser: httpx.Client, post: Post, new_email: str) -> None:
    from accounts.models import User

    page = post("/register", {"email": new_email, "password1": PASSWORD})
    assert page.url.path == "/verify-email"
    link = re.search(r'id="outbox-link" href="([^"]+)"', page.text)
    assert link is not None
    assert link[1] in outbox(portal, new_email)[0]
    assert browser.get("/chat").url.path == "/login", "unverified people must not get in"
    assert post(httpx.URL(link[1]).path, {}).url.path == "/chat"
    assert User.objects.get(email=new_email).emailaddress_set.get().verified


def test_an_unverified_person_cannot_sign_in(post: Post, new_email: str) -> None:
    post("/register", {"email": new_email, "password1": PASSWORD})
    assert post("/login", {"login": new_email, "password": PASSWORD}).url.path == "/verify-email"


@pytest.mark.parametrize("password", ["short", "password123", "12345678901234"])
def test_it_rejects_a_weak_password(post: Post, new_email: str, password: str) -> None:
    page = post("/register", {"email": new_email, "password1": password})
    assert page.url.path == "/register"
    assert 'aria-invalid="true"' in page.text
    assert new_email in page.text, "what was typed must still be there"


def test_nobody_learns_whether_an_account_exists(post: Post, portal: PortalProcess, alice: Any) -> None:
    page = post("/register", {"email": alice.email, "password1": PASSWORD})
    assert page.url.path == "/verify-email"
    assert "already" not in page.text
    assert "already" in outbox(portal, alice.email)[0]


def test_a_wrong_password_and_an_unknown_account_look_the_same(
    post: Post, alice: Any, new_email: str
) -> None:
    wrong = post("/login", {"login": alice.email, "password": "wrong-password"})
    unknown = post("/login", {"login": new_email, "password": "wrong-password"})
    found = re.search(r'role="alert">\s*(.*?)\s*</div>', wrong.text, re.DOTALL)
    assert found is not None
    assert found[1] in unknown.text


def test_a_forgotten_password_is_reset_by_mail_only(post: Post, portal: PortalProcess, alice: Any) -> None:
    page = post("/password/forgot", {"email": alice.email})
    assert "/password/reset/" not in page.text, "the page is open to everybody"
    link = re.search(r"http\S+/password/reset/\S+", outbox(portal, alice.email)[-1])
    assert link is not None
    path = httpx.URL(link[0]).path
    done = post(path, {"password1": "another-horse-1", "password2": "another-horse-1"})
    assert "Your new password is set" in done.text
    assert post("/login", {"login": alice.email, "password": "another-horse-1"}).url.path == "/chat"


def test_pages_are_protected_w01(browser: httpx.Client) -> None:
    for path in ("/register", "/login", "/password/forgot", "/docs", "/nope"):
        headers = browser.get(path).headers
        policy = headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "permissions-policy" in headers


def test_another_site_is_no_way_out_w09(sign_in: Callable[..., httpx.Client], post: Post, alice: Any) -> None:
    page = post("/login?next=https://evil.example/", {"login": alice.email, "password": PASSWORD})
    assert page.url.host == "127.0.0.1"
