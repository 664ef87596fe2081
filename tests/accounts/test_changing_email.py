"""Another e-mail address: the new one is verified first, the old one is told."""

from collections.abc import Callable
from typing import Any

import httpx

from tests.accounts.conftest import Browser, link_in, outbox
from tests.conftest import PASSWORD
from tests.portal_process import PortalProcess


def ask_for(browser: Browser, email: str) -> httpx.Response:
    return browser.submit("/profile/security/email", {"email": email, "action_add": ""})


def test_it_works(browser: Browser, portal: PortalProcess, alice: Any, new_email: str) -> None:
    old = alice.email
    browser.sign_in(alice)
    page = ask_for(browser, new_email)
    assert f"It changes to <strong>{new_email}</strong>" in page.text
    alice.refresh_from_db()
    assert alice.email == old, "not before the new one is verified"
    assert browser.is_signed_in
    browser.submit(link_in(outbox(portal, new_email)[-1], "/verify-email/"))
    alice.refresh_from_db()
    assert alice.email == new_email
    assert [address.email for address in alice.emailaddress_set.all()] == [new_email]
    assert new_email in outbox(portal, old)[-1], "the old address is told"
    browser.submit("/logout")
    assert browser.sign_in(alice).url.path == "/chat"


def test_an_address_of_somebody_else_tells_nothing(
    browser: Browser, portal: PortalProcess, alice: Any, bob: Any
) -> None:
    browser.sign_in(alice)
    page = ask_for(browser, bob.email)
    assert "already" not in page.text
    # Not even when the other person opens the link that was mailed to them.
    browser.submit(link_in(outbox(portal, bob.email)[-1], "/verify-email/"))
    alice.refresh_from_db()
    assert alice.email != bob.email
    assert bob.emailaddress_set.get().verified


def test_it_needs_a_recent_sign_in(sign_in: Callable[..., httpx.Client], alice: Any, new_email: str) -> None:
    browser = sign_in(alice)
    page = browser.post("/profile/security/email", data={"email": new_email, "action_add": ""})
    assert page.url.path == "/confirm-access"
    browser.post(str(page.url), data={"password": PASSWORD})
    assert new_email in browser.get("/profile/security/email").text


def test_another_password(browser: Browser, portal: PortalProcess, alice: Any) -> None:
    browser.sign_in(alice)
    form = {"oldpassword": "wrong", "password1": "another-horse-1", "password2": "another-horse-1"}
    assert 'aria-invalid="true"' in browser.submit("/profile/security/password", form).text
    browser.submit("/profile/security/password", {**form, "oldpassword": PASSWORD})
    assert browser.is_signed_in
    assert "password has been changed" in outbox(portal, alice.email)[-1]
    browser.submit("/logout")
    assert browser.sign_in(alice, "another-horse-1").url.path == "/chat"
