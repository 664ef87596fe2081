"""Who may sign up: the policy, and invitations, over HTTP."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.utils import timezone

from tests.conftest import PASSWORD
from tests.portal_process import PortalProcess

SignIn = Callable[..., httpx.Client]
SetPolicy = Callable[..., None]
numbers = iter(range(1, 250))


@pytest.fixture
def set_policy() -> Iterator[SetPolicy]:
    from accounts.models import SignupPolicy

    def choose(mode: str, domains: str = "") -> None:
        SignupPolicy.objects.update_or_create(pk=1, defaults={"mode": mode, "domains": domains})

    yield choose
    SignupPolicy.objects.all().delete()


@pytest.fixture
def stranger(portal: PortalProcess) -> Iterator[Callable[[], httpx.Client]]:
    clients = []

    def make() -> httpx.Client:
        transport = httpx.HTTPTransport(local_address=f"127.2.0.{next(numbers)}")
        client = httpx.Client(base_url=portal.url, follow_redirects=True, transport=transport)
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


def sign_up(browser: httpx.Client, email: str) -> httpx.Response:
    form = browser.get("/register")
    if "password1" not in form.text:
        return form  # closed
    token = browser.cookies["csrftoken"]
    return browser.post(
        "/register", data={"email": email, "password1": PASSWORD, "csrfmiddlewaretoken": token}
    )


def accept(browser: httpx.Client, link: str) -> httpx.Response:
    path = httpx.URL(link).path
    browser.get(path)
    return browser.post(path, data={"csrfmiddlewaretoken": browser.cookies["csrftoken"]})


def has_account(email: str) -> bool:
    from accounts.models import User

    return User.objects.filter(email=email).exists()


def test_open_lets_everybody_in(stranger: Any, set_policy: SetPolicy, new_email: str) -> None:
    set_policy("open")
    assert sign_up(stranger(), new_email).url.path == "/verify-email"
    assert has_account(new_email)


def test_domains_lets_an_organisation_in(stranger: Any, set_policy: SetPolicy, new_email: str) -> None:
    set_policy("domains", "example.org\nexample.com")
    assert sign_up(stranger(), new_email).url.path == "/verify-email"
    for address in ("@evil.example", "@sub.example.org", "@example.org.evil.example"):
        outside = new_email.replace("@example.org", address)
        page = sign_up(stranger(), outside)
        assert "Accounts are for addresses of this organisation" in page.text
        assert not has_account(outside)


def test_closed_is_closed_also_for_the_invited(
    stranger: Any, set_policy: SetPolicy, new_email: str, operator: Any
) -> None:
    from accounts.invitations import invite

    set_policy("closed")
    browser = stranger()
    accept(browser, invite(by=operator)[1])
    assert "closed" in sign_up(browser, new_email).text.lower()
    assert not has_account(new_email)


def test_without_a_row_the_environment_decides(settings: Any) -> None:
    from accounts.signup_policy import SignupRefused, policy, require

    settings.SIGNUP, settings.SIGNUP_DOMAINS = "domains", ("Example.org",)
    assert policy().domains == {"example.org"}
    require(email="x@example.org", invitation=None)
    with pytest.raises(SignupRefused):
        require(email="x@example.com", invitation=None)


def test_operators_choose_the_policy_in_the_admin(
    stranger: Any, sign_in: SignIn, set_policy: SetPolicy, operator: Any, new_email: str
) -> None:
    from accounts.models import SignupPolicy

    browser = sign_in(operator)
    token = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    path = "/admin/accounts/signuppolicy/add/"
    assert "Name at least one domain" in browser.post(path, data={**token, "mode": "domains"}).text
    browser.post(path, data={**token, "mode": "domains", "domains": "@Example.com "})
    assert SignupPolicy.objects.get().domains == "example.com"
    assert browser.get(path).status_code == 403, "there is only one"
    assert "organisation" in sign_up(stranger(), new_email).text


def test_an_invitation_works_once(
    stranger: Any, set_policy: SetPolicy, operator: Any, new_email: str
) -> None:
    from django.contrib.auth.models import Group

    from accounts.invitations import invite
    from accounts.models import User

    set_policy("invite")
    assert "closed" in sign_up(stranger(), new_email).text.lower()
    group = Group.objects.create(name=f"team {operator.pk}")
    invitation, link = invite(by=operator, groups=[group])
    assert invitation.token_digest not in link
    browser, second = stranger(), stranger()
    assert accept(browser, link).url.path == "/register"
    assert accept(second, link).url.path == "/register", "looking uses nothing up"
    assert sign_up(browser, new_email).url.path == "/verify-email"
    user = User.objects.get(email=new_email)
    assert list(user.groups.all()) == [group]
    assert "invitation_accepted" in [line.event for line in user.security_events.all()]
    assert "closed" in sign_up(second, f"second-{new_email}").text.lower()
    assert not has_account(f"second-{new_email}")
    assert stranger().get(httpx.URL(link).path).status_code == 404


def test_of_two_at_once_one_gets_in(operator: Any, set_policy: SetPolicy, alice: Any, bob: Any) -> None:
    """Both passed the form; the row's own condition decides."""
    from types import SimpleNamespace

    from accounts.invitations import invite
    from accounts.models import User
    from accounts.signup_policy import SignupRefused, admit

    set_policy("invite")
    invitation, _ = invite(by=operator)
    requests = [
        SimpleNamespace(session={"invitation": invitation.public_id}, META={"REMOTE_ADDR": "127.0.0.1"})
        for _ in range(2)
    ]
    admit(user=alice, request=requests[0])  # type: ignore[arg-type]
    with pytest.raises(SignupRefused):
        admit(user=bob, request=requests[1])  # type: ignore[arg-type]
    assert not User.objects.filter(email=bob.email).exists()


def test_a_way_in_that_forgot_to_ask_is_refused_as_well(
    operator: Any, set_policy: SetPolicy, alice: Any, bob: Any
) -> None:
    """Social sign-in makes the account without a form."""
    from types import SimpleNamespace

    from accounts.invitations import invite
    from accounts.models import User
    from accounts.signup_policy import SignupRefused, admit

    invitation, _ = invite(by=operator)
    request = SimpleNamespace(session={"invitation": invitation.public_id}, META={})
    for user, mode, domains in ((alice, "closed", ""), (bob, "domains", "example.com")):
        set_policy(mode, domains)
        with pytest.raises(SignupRefused):
            admit(user=user, request=request if mode == "closed" else SimpleNamespace(session={}, META={}))
        assert not User.objects.filter(pk=user.pk).exists()


def test_an_invitation_is_for_its_address(
    stranger: Any, set_policy: SetPolicy, operator: Any, new_email: str
) -> None:
    from accounts.invitations import invite

    set_policy("invite")
    _, link = invite(by=operator, email=new_email.upper())
    browser = stranger()
    accept(browser, link)
    assert "another e-mail address" in sign_up(browser, f"other-{new_email}").text
    assert sign_up(browser, new_email).url.path == "/verify-email"
    assert has_account(new_email)


def test_an_invitation_ends(stranger: Any, operator: Any) -> None:
    from accounts.invitations import invite

    _, link = invite(by=operator, expires_at=timezone.now() - timedelta(seconds=1))
    assert stranger().get(httpx.URL(link).path).status_code == 404
    assert stranger().get("/invitation/nonsense").status_code == 404


def test_a_member_accepts_for_its_groups(sign_in: SignIn, operator: Any, alice: Any) -> None:
    from django.contrib.auth.models import Group

    from accounts.invitations import invite

    group = Group.objects.create(name=f"friends {operator.pk}")
    _, link = invite(by=operator, groups=[group])
    assert accept(sign_in(alice), link).url.path == "/chat"
    assert list(alice.groups.all()) == [group]


def test_operators_invite_by_link_and_mail(
    sign_in: SignIn,
    operator: Any,
    portal: PortalProcess,
    stranger: Any,
    set_policy: SetPolicy,
    new_email: str,
) -> None:
    from accounts.models import Invitation

    set_policy("invite")
    browser = sign_in(operator)
    form = {"csrfmiddlewaretoken": browser.cookies["csrftoken"], "email": new_email, "send_mail": "on"}
    form |= {"expires_at_0": "2099-01-01", "expires_at_1": "00:00:00"}
    page = browser.post("/admin/accounts/invitation/add/", data=form)
    link = re.search(r"id='invitation-link'>([^<]+)<", page.text)
    assert link is not None, page.text
    assert link[1] not in browser.get("/admin/accounts/invitation/").text, "shown once"
    mails = Path(portal.variables["PORTAL_DATA_DIR"], "outbox").glob("*.eml")
    assert any(link[1] in path.read_text() for path in mails)
    row = Invitation.objects.get(email=new_email)
    assert browser.get(f"/admin/accounts/invitation/{row.pk}/change/").status_code == 200
    visitor = stranger()
    accept(visitor, link[1])
    assert sign_up(visitor, new_email).url.path == "/verify-email"
    assert "invited" in [line.event for line in operator.security_events.all()]
