"""Authenticator app and backup codes, over HTTP (battery Z06, L05)."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.accounts.conftest import App, Browser, backup_code, link_in, outbox, secret_on
from tests.conftest import PASSWORD
from tests.portal_process import PortalProcess

Enrol = Callable[[Any], App]


def test_it_works(browser: Browser, new_browser: Callable[[], Browser], alice: Any) -> None:
    browser.sign_in(alice)
    page = browser.get("/two-factor/set-up")
    assert 'src="data:image/svg+xml' in page.text
    app = App(secret_on(page))
    page = browser.submit("/two-factor/set-up", {"code": app.code()})
    codes = re.findall(r"<li>(\w{5}-\w{5})</li>", page.text)
    assert len(set(codes)) == 10
    assert browser.is_signed_in, "who has just set it up is not asked again"
    for code in (app.code(), codes[0]):
        again = new_browser()
        assert again.sign_in(alice).url.path == "/two-factor"
        assert not again.is_signed_in
        assert again.submit("/two-factor", {"code": code}).url.path == "/chat"
        assert again.is_signed_in


@pytest.mark.parametrize("which", ["app", "backup"])
def test_a_code_works_once_z06(
    new_browser: Callable[[], Browser], alice: Any, enrol: Enrol, which: str
) -> None:
    from accounts.two_factor.backup_codes import codes_of

    app = enrol(alice)
    code = app.code() if which == "app" else codes_of(alice)[0]
    first, second = new_browser(), new_browser()
    first.sign_in(alice)
    second.sign_in(alice)
    assert first.submit("/two-factor", {"code": code}).url.path == "/chat"
    page = second.submit("/two-factor", {"code": code})
    assert page.url.path == "/two-factor"
    assert "not right" in page.text
    assert not second.is_signed_in


@pytest.mark.parametrize("which", ["app", "backup"])
def test_a_code_sent_twice_at_once_works_once_z06(
    new_browser: Callable[[], Browser], alice: Any, enrol: Enrol, which: str
) -> None:
    app = enrol(alice)
    code = app.code() if which == "app" else backup_code(alice)
    browsers = [new_browser() for _ in range(4)]
    for browser in browsers:
        browser.sign_in(alice)
    with ThreadPoolExecutor(len(browsers)) as pool:
        pages = list(pool.map(lambda browser: browser.submit("/two-factor", {"code": code}), browsers))
    assert sorted(page.url.path for page in pages) == ["/chat"] + ["/two-factor"] * 3


def test_a_secret_that_another_session_saw_is_not_used_z06(
    new_browser: Callable[[], Browser], operator: Any
) -> None:
    operator.totpdevice_set.all().delete()
    thief, owner = new_browser(), new_browser()
    stolen = App(secret_on(thief.sign_in(operator)))
    page = owner.sign_in(operator)
    app = App(secret_on(page))
    assert secret_on(page) == secret_on(owner.get("/two-factor/set-up")), "a reload keeps it"
    assert stolen.code() != app.code()
    owner.submit("/two-factor/set-up", {"code": app.code()})
    assert owner.is_signed_in
    assert thief.send_json("/api/auth/2fa/verify", {"code": stolen.code()}).status_code == 400
    assert thief.get("/two-factor/set-up").url.path == "/two-factor"
    assert not thief.is_signed_in


def test_its_person_is_told_by_mail(browser: Browser, portal: PortalProcess, alice: Any) -> None:
    browser.sign_in(alice)
    app = App(secret_on(browser.get("/two-factor/set-up")))
    browser.submit("/two-factor/set-up", {"code": app.code()})
    assert "A second factor was added" in outbox(portal, alice.email)[-1]
    browser.send_json("/api/auth/2fa/disable")
    assert "A second factor was removed" in outbox(portal, alice.email)[-1]
    events = [line.event for line in alice.security_events.all()]
    assert {"second_factor_added", "backup_codes_created", "second_factor_removed"} <= set(events)


def test_half_way_there_nothing_is_open_z06(browser: Browser, alice: Any, enrol: Enrol) -> None:
    enrol(alice)
    browser.sign_in(alice)
    for path in ("/chat", "/keys", "/profile/security", "/profile/security/backup-codes"):
        assert browser.get(path).url.path in ("/login", "/two-factor"), path
    for path in ("/api/keys", "/api/auth/me", "/api/chat/sessions", "/api/usage/summary"):
        assert browser.get(path).status_code in (401, 404), path
    answer = browser.send_json("/api/chat/completions", {"messages": [{"role": "user", "content": "Hi"}]})
    assert answer.status_code == 401
    assert browser.get("/two-factor/set-up").url.path == "/two-factor", "another one is no way round"
    for path in ("/api/auth/2fa/setup", "/api/auth/2fa/disable", "/api/auth/2fa/passkeys/register"):
        assert browser.send_json(path).status_code == 403, path


def test_half_way_there_the_socket_is_shut_z06(browser: Browser, alice: Any, enrol: Enrol) -> None:
    app = enrol(alice)
    browser.sign_in(alice)
    assert socket_code(browser) == 4401
    browser.submit("/two-factor", {"code": app.code()})
    assert socket_code(browser) is None


def socket_code(browser: Browser) -> int | None:
    """Why the portal closes the chat's socket at once; None when it stays open."""
    from websockets.exceptions import ConnectionClosed
    from websockets.sync.client import connect

    url = str(browser.base_url.join("/ws/chat")).replace("http", "ws", 1)
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)
    origin = f"http://{browser.base_url.netloc.decode()}"
    with connect(url, additional_headers={"cookie": cookies}, origin=origin) as socket:
        try:
            socket.send('{"type": "nothing"}')
            socket.recv(timeout=10)
        except ConnectionClosed as error:
            return error.rcvd.code if error.rcvd else None
    return None


def test_an_old_session_is_out_z06(sign_in: Callable[..., httpx.Client], alice: Any, enrol: Enrol) -> None:
    old = sign_in(alice)
    assert old.get("/keys").url.path == "/keys"
    enrol(alice)
    assert old.get("/keys").url.path == "/login"
    assert old.get("/api/keys").status_code == 401


def test_a_password_reset_is_no_way_round_z06(
    browser: Browser, portal: PortalProcess, alice: Any, enrol: Enrol
) -> None:
    app = enrol(alice)
    browser.submit("/password/forgot", {"email": alice.email})
    path = link_in(outbox(portal, alice.email)[-1], "/password/reset/")
    browser.submit(path, {"password1": "another-horse-1", "password2": "another-horse-1"})
    assert not browser.is_signed_in
    assert browser.sign_in(alice, "another-horse-1").url.path == "/two-factor"
    assert not browser.is_signed_in
    assert browser.submit("/two-factor", {"code": app.code()}).url.path == "/chat"


def test_a_trusted_browser_is_not_asked(browser: Browser, alice: Any, enrol: Enrol) -> None:
    app = enrol(alice)
    browser.sign_in(alice)
    browser.submit("/two-factor", {"code": app.code(), "trust": "on"})
    cookie = next(cookie for cookie in browser.cookies.jar if cookie.name.startswith("trusted_"))
    assert cookie.has_nonstandard_attr("HttpOnly")
    browser.submit("/logout")
    assert browser.sign_in(alice).url.path == "/chat"
    assert browser.is_signed_in
    page = browser.get("/profile/security")
    forget = re.search(r'action="(/profile/security/browsers/[^"]+)"', page.text)
    assert forget is not None
    browser.post(forget[1], data={"csrfmiddlewaretoken": browser.cookies["csrftoken"]})
    browser.submit("/logout")
    assert browser.sign_in(alice).url.path == "/two-factor"


@pytest.mark.parametrize("change", ["password", "device", "another person"])
def test_trust_ends_with(browser: Browser, alice: Any, bob: Any, enrol: Enrol, change: str) -> None:
    app = enrol(alice)
    browser.sign_in(alice)
    browser.submit("/two-factor", {"code": app.code(), "trust": "on"})
    browser.submit("/logout")
    person = alice
    if change == "password":
        alice.set_password(PASSWORD)
        alice.save()
    elif change == "device":
        enrol(alice)
    else:
        enrol(bob)
        person = bob
        theirs = next(cookie for cookie in browser.cookies.jar if cookie.name.startswith("trusted_"))
        browser.cookies.set(f"trusted_{bob.pk.hex}", theirs.value or "", domain="127.0.0.1")
    assert browser.sign_in(person).url.path == "/two-factor"


def test_changing_it_needs_a_recent_sign_in_z06(
    sign_in: Callable[..., httpx.Client], alice: Any, enrol: Enrol
) -> None:
    enrol(alice)
    browser = sign_in(alice)
    browser.headers["referer"] = str(browser.base_url)
    assert browser.get("/two-factor/set-up").url.path == "/confirm-access"
    assert browser.get("/profile/security/backup-codes").url.path == "/confirm-access"
    assert browser.post("/profile/security/authenticator/remove").url.path == "/confirm-access"
    refused = browser.post("/api/auth/2fa/disable", json={})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "confirmation_required")
    wrong = browser.post("/api/auth/2fa/disable", json={"password": "wrong"})
    assert (wrong.status_code, wrong.json()["error"]["param"]) == (400, "password")
    page = browser.post("/confirm-access?next=/profile/security/backup-codes", data={"password": PASSWORD})
    assert len(re.findall(r"<li>\w{5}-\w{5}</li>", page.text)) == 10


def test_removing_it(browser: Browser, new_browser: Callable[[], Browser], alice: Any, enrol: Enrol) -> None:
    from django_otp import user_has_device

    app = enrol(alice)
    browser.sign_in(alice)
    browser.submit("/two-factor", {"code": app.code()})
    token = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    assert "is removed" in browser.post("/profile/security/authenticator/remove", data=token).text
    assert not user_has_device(alice), "backup codes go with it"
    assert browser.is_signed_in
    assert new_browser().sign_in(alice).url.path == "/chat"


def test_new_backup_codes_void_the_old(browser: Browser, alice: Any, enrol: Enrol) -> None:
    from accounts.two_factor.backup_codes import codes_of

    app = enrol(alice)
    before = codes_of(alice)
    browser.sign_in(alice)
    browser.submit("/two-factor", {"code": app.code()})
    page = browser.submit("/profile/security/backup-codes")
    after = re.findall(r"<li>(\w{5}-\w{5})</li>", page.text)
    assert len(after) == 10
    assert not set(before) & set(after)


def test_guessing_is_slowed_down_l05(browser: Browser, alice: Any, enrol: Enrol) -> None:
    from django_otp.plugins.otp_totp.models import TOTPDevice

    app = enrol(alice)
    browser.sign_in(alice)
    assert "not right" in browser.submit("/two-factor", {"code": "000000"}).text
    # The first wrong code costs a second, which a slow machine may spend between two requests.
    for _ in range(5):
        TOTPDevice.objects.get(user=alice).throttle_increment()
    page = browser.submit("/two-factor", {"code": app.code()})
    assert "Too many wrong codes" in page.text, "a right code too must wait"
    answer = browser.send_json("/api/auth/2fa/verify", {"code": "000000"})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("code", ["\0", "x" * 33, "١٢٣٤٥٦", "a\0cdefghjk", ""])
def test_nonsense_is_no_code(browser: Browser, alice: Any, enrol: Enrol, code: str) -> None:
    enrol(alice)
    browser.sign_in(alice)
    assert browser.submit("/two-factor", {"code": code}).status_code == 200
    assert browser.send_json("/api/auth/2fa/verify", {"code": code}).status_code == 400
    assert not browser.is_signed_in
