"""`/api/auth/…`: sign-up, verification, passwords and the second factor as JSON (battery L05, W08)."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.accounts.conftest import App, Browser, backup_code, link_in, outbox
from tests.conftest import PASSWORD
from tests.portal_process import PortalProcess

TOO_LONG = f"{'x' * 300}@example.org"


@pytest.fixture
def client(portal: PortalProcess) -> Iterator[httpx.Client]:
    """No cookie, no key."""
    with httpx.Client(base_url=portal.api, timeout=30) as client:
        yield client


def register(client: httpx.Client, email: str, **more: Any) -> httpx.Response:
    return client.post("/auth/register", json={"name": "Ada", "email": email, "password": PASSWORD, **more})


def token_for(portal: PortalProcess, email: str, path: str) -> str:
    return link_in(outbox(portal, email)[-1], path).removeprefix(path)


def problem(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json()["error"]["param"]


def test_it_works(client: httpx.Client, browser: Browser, portal: PortalProcess, new_email: str) -> None:
    from accounts.models import User

    answer = register(client, new_email)
    user = User.objects.get(email=new_email)
    assert answer.status_code == 201
    assert answer.json() == {
        "id": user.public_id, "name": "Ada", "email": new_email, "requiresVerification": True,
    }  # fmt: skip
    assert user.name == "Ada"
    assert "set-cookie" not in answer.headers
    assert browser.sign_in(user).url.path == "/verify-email"
    token = token_for(portal, new_email, "/verify-email/")
    verified = client.post("/v1/auth/verify-email/", json={"token": token})
    assert verified.json() == {"verified": True, "email": new_email}
    assert browser.sign_in(user).url.path == "/chat"


def test_an_existing_address_gets_the_same_answer_l05(
    client: httpx.Client, portal: PortalProcess, alice: Any
) -> None:
    answer = register(client, alice.email.upper(), name="Mallory")
    body = answer.json()
    assert answer.status_code == 201
    assert body.pop("id").startswith("usr_")
    assert body == {"name": "Mallory", "email": alice.email, "requiresVerification": True}
    alice.refresh_from_db()
    assert alice.name == ""
    assert alice.check_password(PASSWORD)
    assert "You already have an account" in outbox(portal, alice.email)[-1]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"password": "short"}, "password"),
        ({"password": "password123"}, "password"),
        ({"password": f"{PASSWORD}\0"}, "password"),
        ({"email": "nobody"}, "email"),
        ({"email": "a\0@example.org"}, "email"),
        ({"email": TOO_LONG}, "email"),
        ({"name": "x" * 151}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"name": None}, "name"),
        ({"isStaff": True}, "isStaff"),
    ],
)
def test_it_rejects(client: httpx.Client, new_email: str, body: dict[str, Any], param: str) -> None:
    from accounts.models import User

    assert problem(register(client, body.pop("email", new_email), **body)) == (400, param)
    assert not User.objects.filter(email=new_email).exists()


def test_sending_the_verification_again_tells_nothing_l05(
    client: httpx.Client, portal: PortalProcess, alice: Any, new_email: str
) -> None:
    register(client, new_email)
    nobody = f"nobody-{new_email}"
    emails = (new_email, alice.email, nobody)
    answers = [client.post("/auth/resend-verification", json={"email": email}) for email in emails]
    assert {(answer.status_code, answer.text) for answer in answers} == {(202, '{"sent":true}')}
    assert len(outbox(portal, new_email)) == 2
    assert "You already have an account" in outbox(portal, alice.email)[-1]
    assert "There is no account" in outbox(portal, nobody)[-1]


@pytest.mark.parametrize("whose", ["new", "existing", "nobody"])
def test_it_is_sent_again_three_times_l05(
    client: httpx.Client, portal: PortalProcess, alice: Any, new_email: str, whose: str
) -> None:
    email = alice.email if whose == "existing" else new_email
    if whose == "new":
        register(client, email)
    before = len(outbox(portal, email))
    answers = [client.post("/auth/resend-verification", json={"email": email}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429]
    assert int(answers[-1].headers["retry-after"]) == 300
    assert answers[-1].json()["error"]["type"] == "rate_limit_exceeded"
    assert len(outbox(portal, email)) == before + 3


def test_a_forgotten_password(
    client: httpx.Client, browser: Browser, portal: PortalProcess, alice: Any
) -> None:
    emails = (alice.email, f"no-{alice.email}")
    answers = [client.post("/auth/forgot-password", json={"email": email}) for email in emails]
    assert {(answer.status_code, answer.text) for answer in answers} == {(202, '{"sent":true}')}
    token = token_for(portal, alice.email, "/password/reset/")
    weak = client.post("/auth/reset-password", json={"token": token, "password": "short"})
    assert problem(weak) == (400, "password")
    body = {"token": token, "password": "another-horse-1"}
    assert client.post("/auth/reset-password", json=body).json() == {"reset": True}
    assert problem(client.post("/auth/reset-password", json=body)) == (400, "token"), "a link works once"
    assert browser.sign_in(alice, "another-horse-1").url.path == "/chat"


@pytest.mark.parametrize("token", ["", "x", "a\0b", "1-2", f"{'9' * 500}-x", "\ud7ff"])
def test_a_link_that_is_none(client: httpx.Client, token: str) -> None:
    assert problem(client.post("/auth/verify-email", json={"token": token})) == (400, "token")
    body = {"token": token, "password": PASSWORD}
    assert problem(client.post("/auth/reset-password", json=body)) == (400, "token")


def test_who_am_i(
    api: httpx.Client, sign_in: Callable[..., httpx.Client], portal: PortalProcess, alice: Any
) -> None:
    browser = sign_in(alice)
    by_key, by_cookie = api.get("/auth/me"), browser.get("/api/auth/me")
    assert by_key.json() == by_cookie.json()
    assert by_key.json()["email"] == alice.email
    assert by_key.json()["emailVerified"] is True
    assert by_key.json()["twoFactorEnabled"] is False
    assert httpx.get(f"{portal.api}/auth/me").status_code == 401
    changed = browser.patch("/api/auth/me", json={"name": "Alice Liddell"})
    assert (changed.status_code, changed.json()["name"]) == (200, "Alice Liddell")
    assert api.patch("/auth/me", json={"name": "Key"}).status_code == 403
    for name in ("a\0b", "x" * 151):
        assert problem(browser.patch("/api/auth/me", json={"name": name})) == (400, "name")
    assert problem(browser.patch("/api/auth/me", json={"email": "x@example.org"})) == (400, "email")


def test_the_second_factor(browser: Browser, new_browser: Callable[[], Browser], alice: Any) -> None:
    browser.sign_in(alice)
    made = browser.send_json("/api/auth/2fa/setup").json()
    assert made["otpauthUrl"].startswith("otpauth://totp/LLM%20Portal%3A")
    assert made["secret"] in made["otpauthUrl"]
    assert made["qrCode"].startswith("data:image/svg+xml")
    app = App(made["secret"])
    wrong = browser.send_json("/api/auth/2fa/verify", {"code": "nonsense"})
    assert problem(wrong) == (400, "code")
    alice.totpdevice_set.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    answer = browser.send_json("/api/auth/2fa/verify", {"code": app.code()}).json()
    assert (answer["verified"], len(answer["backupCodes"])) == (True, 10)
    assert browser.get("/api/auth/me").json()["twoFactorEnabled"] is True
    again = new_browser()
    again.sign_in(alice)
    assert again.get("/api/auth/me").status_code == 401
    passed = again.send_json("/api/auth/2fa/verify", {"code": answer["backupCodes"][0]}).json()
    assert passed == {"verified": True, "backupCodes": [], "redirect": "/chat"}
    assert again.get("/api/auth/me").status_code == 200
    assert again.send_json("/api/auth/2fa/disable", {"password": PASSWORD}).json() == {"enabled": False}
    assert again.get("/api/auth/me").json()["twoFactorEnabled"] is False


def test_trust_by_json(browser: Browser, alice: Any, enrol: Callable[[Any], App]) -> None:
    enrol(alice)
    browser.sign_in(alice)
    browser.send_json("/api/auth/2fa/verify", {"code": backup_code(alice), "trustBrowser": True})
    browser.submit("/logout")
    assert browser.sign_in(alice).url.path == "/chat"


@pytest.mark.parametrize("path", ["setup", "verify", "disable", "passkeys/register", "passkeys/use"])
def test_the_second_factor_is_the_persons_and_no_keys(api: httpx.Client, path: str) -> None:
    answer = api.post(f"/auth/2fa/{path}", json={"code": "123456"} if path == "verify" else None)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_signed_in")


@pytest.mark.parametrize(
    "path",
    ["register", "verify-email", "resend-verification", "forgot-password", "reset-password",
     "2fa/setup", "2fa/verify", "2fa/disable", "2fa/passkeys/register", "2fa/passkeys/use"],
)  # fmt: skip
@pytest.mark.parametrize("state", ["signed in", "half-way there"])
def test_a_session_needs_its_csrf_token_w08(
    browser: Browser, alice: Any, enrol: Callable[[Any], App], path: str, state: str
) -> None:
    if state == "half-way there":
        enrol(alice)
    browser.sign_in(alice)
    answer = browser.post(f"/api/auth/{path}", json={})
    assert answer.status_code == 403
    assert "CSRF" in answer.json()["error"]["message"]


def test_changing_who_i_am_needs_the_csrf_token_w08(browser: Browser, alice: Any) -> None:
    browser.sign_in(alice)
    assert browser.patch("/api/auth/me", json={"name": "Mallory"}).status_code == 403
