"""Google, GitHub and a company's own sign-in, against a server that plays all three (battery Z05, Z06)."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.accounts.conftest import Browser, backup_code, link_in, outbox
from tests.conftest import PASSWORD
from tests.identity_server import IdentityServer, Person
from tests.portal_process import PortalProcess

PROVIDERS = ["google", "github", "oidc"]
VERIFIED_SAYS = {"google": "Google", "github": "GitHub", "oidc": "Example Corp"}


@pytest.fixture
def browser(new_browser: Callable[..., Browser], social_portal: PortalProcess) -> Browser:
    return new_browser(social_portal.url)


def go_to(browser: Browser, provider: str, process: str = "login", origin: str = "/login") -> httpx.Response:
    """As the button does; the page in between leads on by itself."""
    page = browser.get(origin)
    action = re.search(rf'action="(/login/{provider}\?[^"]*)"', page.text)
    assert action is not None
    assert f"process={process}" in action[1]
    data = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    leaving = browser.post(action[1].replace("&amp;", "&"), data=data)
    target = re.search(r'id="onward" href="([^"]+)"', leaving.text)
    return browser.get(target[1].replace("&amp;", "&")) if target else leaving


@pytest.mark.parametrize("provider", PROVIDERS)
def test_it_works(
    browser: Browser, new_browser: Callable[..., Browser], identities: IdentityServer,
    social_portal: PortalProcess, new_email: str, provider: str,
) -> None:  # fmt: skip
    from accounts.models import User

    identities.person = Person(new_email.replace("new", "New"))
    assert go_to(browser, provider).url.path == "/chat", "verified by the provider, so no mail is needed"
    user = User.objects.get(email=new_email)
    assert (user.name, user.has_usable_password()) == ("Ada Lovelace", False)
    assert user.emailaddress_set.get().verified
    again = new_browser(social_portal.url)
    assert go_to(again, provider).url.path == "/chat"
    assert User.objects.filter(email=new_email).count() == 1


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("verified", [False, "false"])
def test_an_unverified_address_is_verified_by_mail_z05(
    browser: Browser, identities: IdentityServer, social_portal: PortalProcess, new_email: str,
    provider: str, verified: Any,
) -> None:  # fmt: skip
    identities.person = Person(new_email, verified=verified)
    assert go_to(browser, provider).url.path == "/verify-email"
    assert not browser.is_signed_in
    browser.submit(link_in(outbox(social_portal, new_email)[-1], "/verify-email/"))
    assert browser.is_signed_in


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("verified", [True, False])
def test_an_account_is_never_taken_over_z05(
    browser: Browser, identities: IdentityServer, social_portal: PortalProcess, alice: Any,
    provider: str, verified: bool,
) -> None:  # fmt: skip
    identities.person = Person(alice.email, verified=verified)
    page = go_to(browser, provider)
    assert page.url.path == "/verify-email", "nobody learns that there is an account"
    assert not browser.is_signed_in
    assert not alice.socialaccount_set.exists()
    assert "You already have an account" in outbox(social_portal, alice.email)[-1]


def test_a_public_address_that_is_not_verified_is_not_believed_z05(
    browser: Browser, identities: IdentityServer, alice: Any, new_email: str
) -> None:
    emails = [
        {"email": alice.email, "primary": True, "verified": False},
        {"email": new_email, "primary": False, "verified": True},
    ]
    identities.person = Person(alice.email, emails=emails)
    assert go_to(browser, "github").url.path == "/chat"
    assert new_email in browser.get("/profile/security").text
    assert alice.email not in browser.get("/profile/security").text


def test_the_owner_of_an_address_gets_rid_of_who_began_with_it_z05(
    browser: Browser, new_browser: Callable[..., Browser], identities: IdentityServer,
    social_portal: PortalProcess, new_email: str,
) -> None:  # fmt: skip
    identities.person = Person(new_email, verified=False, subject="666")
    go_to(browser, "oidc")
    owner = new_browser(social_portal.url)
    owner.submit("/password/forgot", {"email": new_email})
    path = link_in(outbox(social_portal, new_email)[-1], "/password/reset/")
    owner.submit(path, {"password1": PASSWORD, "password2": PASSWORD})
    owner.submit("/login", {"login": new_email, "password": PASSWORD})
    owner.submit(link_in(outbox(social_portal, new_email)[-1], "/verify-email/"))
    assert owner.is_signed_in
    thief = new_browser(social_portal.url)
    assert go_to(thief, "oidc").url.path == "/verify-email"
    assert not thief.is_signed_in


@pytest.mark.parametrize("provider", PROVIDERS)
def test_linking_and_unlinking(
    browser: Browser, new_browser: Callable[..., Browser], identities: IdentityServer,
    social_portal: PortalProcess, alice: Any, new_email: str, provider: str,
) -> None:  # fmt: skip
    identities.person = Person(new_email)
    browser.sign_in(alice)
    page = go_to(browser, provider, "connect", "/profile/connections")
    assert page.url.path == "/profile/connections"
    assert "The account is linked." in page.text
    other = new_browser(social_portal.url)
    assert go_to(other, provider).url.path == "/chat"
    assert alice.email in other.get("/profile/security").text
    account = re.search(r'name="account" value="(\d+)"', page.text)
    assert account is not None
    page = browser.submit("/profile/connections", {"account": account[1]})
    assert "The account is unlinked." in page.text
    assert not alice.socialaccount_set.exists()
    events = [line.event for line in alice.security_events.all()]
    assert {"social_linked", "social_unlinked"} <= set(events)


def test_linking_needs_a_signed_in_session_z05(
    browser: Browser, identities: IdentityServer, new_email: str, alice: Any
) -> None:
    identities.person = Person(new_email)
    page = browser.get("/login")
    data = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    leaving = browser.post("/login/google?process=connect", data=data)
    target = re.search(r'id="onward" href="([^"]+)"', leaving.text)
    if target is not None:
        page = browser.get(target[1].replace("&amp;", "&"))
    assert page.url.path == "/login"
    assert not browser.is_signed_in


def test_linking_what_somebody_else_has_is_refused(
    browser: Browser, new_browser: Callable[..., Browser], identities: IdentityServer,
    social_portal: PortalProcess, alice: Any, bob: Any, new_email: str,
) -> None:  # fmt: skip
    identities.person = Person(new_email)
    browser.sign_in(alice)
    go_to(browser, "github", "connect", "/profile/connections")
    other = new_browser(social_portal.url)
    other.sign_in(bob)
    page = go_to(other, "github", "connect", "/profile/connections")
    assert "linked to somebody else" in page.text
    assert not bob.socialaccount_set.exists()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_second_factor_is_asked_for_z06(
    browser: Browser, new_browser: Callable[..., Browser], identities: IdentityServer,
    social_portal: PortalProcess, alice: Any, new_email: str, enrol: Callable[[Any], Any], provider: str,
) -> None:  # fmt: skip
    identities.person = Person(new_email)
    browser.sign_in(alice)
    go_to(browser, provider, "connect", "/profile/connections")
    enrol(alice)
    again = new_browser(social_portal.url)
    assert go_to(again, provider).url.path == "/two-factor"
    assert not again.is_signed_in
    assert again.submit("/two-factor", {"code": backup_code(alice)}).url.path == "/chat"


def test_no_token_is_stored_k02(browser: Browser, identities: IdentityServer, new_email: str) -> None:
    from allauth.socialaccount.models import SocialToken
    from django.contrib.sessions.models import Session

    identities.person = Person(new_email, verified=False)
    identities.tokens.clear()
    go_to(browser, "github")
    sessions = str([session.get_decoded() for session in Session.objects.all()])
    assert identities.tokens
    assert not SocialToken.objects.exists()
    assert not any(token in sessions for token in identities.tokens)


def test_turning_back(browser: Browser, identities: IdentityServer, new_email: str) -> None:
    identities.refuses = True
    try:
        assert go_to(browser, "google").url.path == "/login/cancelled"
    finally:
        identities.refuses = False


def test_somebody_elses_answer_is_refused(
    browser: Browser, identities: IdentityServer, new_email: str
) -> None:
    identities.person = Person(new_email)
    page = browser.get("/login/google/callback", params={"code": "x", "state": "not-ours"})
    assert "That did not work" in page.text
    assert not browser.is_signed_in


def test_no_button_without_configuration(new_browser: Callable[..., Browser], portal: PortalProcess) -> None:
    browser = new_browser(portal.url)
    assert "Continue with" not in browser.get("/login").text
    for path in (
        "/login/google",
        "/login/github",
        "/login/oidc",
        "/login/nonsense",
        "/login/google/callback",
    ):
        assert browser.get(path).status_code == 404, path


@pytest.mark.parametrize("name", VERIFIED_SAYS.values())
def test_there_is_a_button_for_each(browser: Browser, name: str) -> None:
    for path in ("/login", "/register"):
        assert f"Continue with {name}" in browser.get(path).text
