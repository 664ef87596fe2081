"""People's authenticator apps, and browsers that fill forms in."""

import base64
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from django_otp.oath import TOTP

from tests.conftest import PASSWORD
from tests.portal_process import PortalProcess

Codes = Callable[[], str]


class Browser(httpx.Client):
    """Knows how a form is sent: with the token of the page it is on."""

    def submit(self, path: str, data: dict[str, str] | None = None) -> httpx.Response:
        form = self.get(path)
        token = self.cookies.get("csrftoken", "")
        return self.post(form.url, data={**(data or {}), "csrfmiddlewaretoken": token})

    def send_json(self, path: str, body: Any = None) -> httpx.Response:
        if "csrftoken" not in self.cookies:
            self.get("/login")
        return self.post(path, json=body, headers={"x-csrftoken": self.cookies["csrftoken"]})

    def sign_in(self, user: Any, password: str = PASSWORD) -> httpx.Response:
        return self.submit("/login", {"login": user.email, "password": password})

    @property
    def is_signed_in(self) -> bool:
        return self.get("/keys").url.path == "/keys"


@pytest.fixture
def new_browser(portal: PortalProcess) -> Iterator[Callable[..., Browser]]:
    browsers: list[Browser] = []

    def make(url: str = portal.url) -> Browser:
        browsers.append(Browser(base_url=url, follow_redirects=True, timeout=30))
        return browsers[-1]

    yield make
    for browser in browsers:
        browser.close()


@pytest.fixture
def browser(new_browser: Callable[..., Browser]) -> Browser:
    return new_browser()


class App:
    """An authenticator app. Each code is one the portal has not seen: time goes on between sign-ins."""

    def __init__(self, secret: str) -> None:
        self._key = base64.b32decode(secret + "=" * (-len(secret) % 8))
        self._step = 0

    def code(self) -> str:
        """Waits out the end of a step: a code that is checked in the next one teaches the portal that this
        clock is slow, and the next code would be one too far ahead."""
        while time.time() % 30 > 28:
            time.sleep(0.1)
        totp = TOTP(self._key)
        totp.time = time.time() + 30 * self._step
        self._step += 1
        assert self._step <= 2, "the portal looks one step ahead, and one back: time may go on meanwhile"
        return f"{totp.token():06d}"


@pytest.fixture
def enrol() -> Callable[[Any], App]:
    """Sets an authenticator app up for the person, and backup codes."""
    from accounts.two_factor import enrolment

    def make(user: Any) -> App:
        session: dict[str, Any] = {}
        app = App(enrolment.secret_of(enrolment.begin_authenticator(session, user=user)))
        enrolment.confirm_authenticator(session, user=user, code=app.code())
        return app

    return make


_numbers = count(1)


@pytest.fixture
def sign_in_by_form(portal: PortalProcess) -> Iterator[Callable[..., httpx.Client]]:
    """As people do, with all that the portal notes of it; each from an address of its own."""

    def make(user: Any, url: str = portal.url) -> httpx.Client:
        number = next(_numbers)
        transport = httpx.HTTPTransport(local_address=f"127.1.{200 + number // 250}.{number % 250 + 1}")
        client = open_clients.enter_context(
            httpx.Client(base_url=url, follow_redirects=True, timeout=30, transport=transport)
        )
        client.get("/login")
        data = {"login": user.email, "password": PASSWORD, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        page = client.post("/login", data=data)
        if page.url.path == "/two-factor":
            code = {"code": backup_code(user), "csrfmiddlewaretoken": client.cookies["csrftoken"]}
            page = client.post("/two-factor", data=code)
        assert page.url.path == "/chat"
        client.headers["x-csrftoken"] = client.cookies["csrftoken"]
        return client

    with ExitStack() as open_clients:
        yield make


def backup_code(user: Any) -> str:
    """A new one that has not been used."""
    from accounts.two_factor.backup_codes import renew_codes

    return renew_codes(user=user)[0]


def outbox(portal: PortalProcess, email: str) -> list[str]:
    mails = sorted(Path(portal.variables["PORTAL_DATA_DIR"], "outbox").glob("*.eml"))
    return [text for text in (mail.read_text() for mail in mails) if f"To: {email}" in text]


def link_in(mail: str, path: str) -> str:
    found = re.search(rf"http://[^/\s]+({path}\S+)", mail)
    assert found is not None
    return found[1]


def secret_on(page: httpx.Response) -> str:
    """What the set-up page shows for typing."""
    found = re.search(r'id="secret">(\w+)<', page.text)
    assert found is not None
    return found[1]
