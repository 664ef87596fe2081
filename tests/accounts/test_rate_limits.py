"""How often one may try to get in, by account and by address (battery L05)."""

import random
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests import profile
from tests.accounts.conftest import Browser
from tests.conftest import PASSWORD
from tests.portal_process import PortalProcess, serve


@pytest.fixture(scope="module")
def strict(_database: None) -> Iterator[PortalProcess]:
    """With the limits that a portal has by itself."""
    limits = dict.fromkeys(("PORTAL_SIGN_UP_RATE", "PORTAL_SIGN_IN_ADDRESS_RATE"), "")
    with serve(profile.MAIN, **limits) as running:
        yield running


@pytest.fixture
def visit(strict: PortalProcess) -> Iterator[Callable[[], Browser]]:
    """A browser at an address that nobody had before."""
    browsers: list[Browser] = []

    def make() -> Browser:
        address = ".".join(["127", *(str(random.randint(2, 250)) for _ in range(3))])
        transport = httpx.HTTPTransport(local_address=address)
        browsers.append(Browser(base_url=strict.url, follow_redirects=True, timeout=30, transport=transport))
        return browsers[-1]

    yield make
    for browser in browsers:
        browser.close()


def test_sign_up_by_address(visit: Callable[[], Browser], new_email: str) -> None:
    browser = visit()
    for number in range(5):
        body = {"email": f"{number}-{new_email}", "password": PASSWORD}
        assert browser.post("/api/auth/register", json=body).status_code == 201
    refused = browser.post("/api/auth/register", json={"email": f"6-{new_email}", "password": PASSWORD})
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) == 900
    page = browser.submit("/register", {"email": f"7-{new_email}", "password1": PASSWORD})
    assert page.status_code == 429, "page and JSON count together"
    assert "Too many attempts" in page.text
    assert "retry-after" in page.headers
    body = {"email": f"8-{new_email}", "password": PASSWORD}
    assert visit().post("/api/auth/register", json=body).status_code == 201, "another address may"


@pytest.mark.parametrize("exists", [True, False])
def test_sign_in_by_account(visit: Callable[[], Browser], alice: Any, new_email: str, exists: bool) -> None:
    email = alice.email if exists else new_email
    for _ in range(10):
        page = visit().submit("/login", {"login": email, "password": "wrong"})
        assert "Too many" not in page.text
    page = visit().submit("/login", {"login": email, "password": PASSWORD})
    assert page.url.path == "/login", "the right password too must wait"
    assert "Too many failed login attempts" in page.text


def test_sign_in_by_address(visit: Callable[[], Browser], alice: Any, new_email: str) -> None:
    browser = visit()
    browser.get("/login")
    token = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    for number in range(30):
        browser.post("/login", data={"login": f"{number}{new_email}", "password": "wrong", **token})
    page = browser.post("/login", data={"login": alice.email, "password": PASSWORD, **token})
    assert "Too many failed login attempts" in page.text
    assert visit().sign_in(alice).url.path == "/chat"


def test_a_forgotten_password_by_account(visit: Callable[[], Browser], alice: Any) -> None:
    answers = [visit().post("/api/auth/forgot-password", json={"email": alice.email}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [202] * 5 + [429]


def test_codes_by_account(visit: Callable[[], Browser], alice: Any, enrol: Callable[[Any], Any]) -> None:
    enrol(alice)
    browser = visit()
    browser.sign_in(alice)
    answers = [browser.send_json("/api/auth/2fa/verify", {"code": "x"}) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [400] * 10 + [429]
    other = visit()
    other.sign_in(alice)
    assert other.send_json("/api/auth/2fa/verify", {"code": "x"}).status_code == 429


@pytest.mark.parametrize("path", ["register", "forgot-password", "resend-verification"])
def test_time_tells_nothing(
    portal: PortalProcess, make_user: Callable[..., Any], new_email: str, path: str
) -> None:
    """Medians: an answer that skips the password's hash would take a fraction of the other."""
    password = {"password": PASSWORD} if path == "register" else {}
    known = [make_user("known").email for _ in range(5)]
    unknown = [f"{number}-{new_email}" for number in range(5)]
    took: dict[str, list[float]] = {"known": [], "unknown": []}
    with httpx.Client(base_url=portal.api, timeout=30) as client:
        for pair in zip(known, unknown, strict=True):
            for kind, email in zip(took, pair, strict=True):
                start = time.perf_counter()
                client.post(f"/auth/{path}", json={"email": email, **password})
                took[kind].append(time.perf_counter() - start)
    quick, slow = sorted(statistics.median(times) for times in took.values())
    assert slow < 3 * quick
