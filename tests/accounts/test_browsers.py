"""`/profile/browsers`: where somebody is signed in, and signing out from afar."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.accounts.conftest import Browser, backup_code
from tests.conftest import PASSWORD

SignIn = Callable[..., httpx.Client]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.1 Mobile/15E148 Safari/604.1"
)


def post(browser: httpx.Client, path: str) -> httpx.Response:
    return browser.post(path, data={"csrfmiddlewaretoken": browser.cookies["csrftoken"]})


def sessions(user: Any) -> Any:
    from allauth.usersessions.models import UserSession

    return UserSession.objects.filter(user=user).order_by("pk")


def test_it_lists_device_and_address(sign_in_by_form: SignIn, alice: Any) -> None:
    from django.core.cache import cache

    first, second = sign_in_by_form(alice), sign_in_by_form(alice)
    sessions(alice).filter(pk=sessions(alice)[0].pk).update(user_agent=PHONE)
    sessions(alice).filter(pk=sessions(alice)[1].pk).update(user_agent=FIREFOX)
    assert cache is not None
    page = second.get("/profile/browsers").text
    assert "Firefox on Linux" in page
    assert "Mobile Safari on iPhone" in page
    assert page.count(">this browser<") == 1
    assert page.index(">this browser<") < page.index("Mobile Safari on iPhone")
    assert sessions(alice)[0].ip in page
    assert first.get("/chat").url.path == "/chat"


def test_it_signs_out_one(sign_in_by_form: SignIn, alice: Any) -> None:
    first, second = sign_in_by_form(alice), sign_in_by_form(alice)
    page = post(second, f"/profile/browsers/{sessions(alice)[0].pk}/end")
    assert "That browser is signed out." in page.text
    assert first.get("/chat").url.path == "/login"
    assert second.get("/chat").url.path == "/chat"
    assert alice.security_events.first().event == "session_ended"


def test_it_signs_out_everywhere_else(sign_in_by_form: SignIn, alice: Any) -> None:
    first, second, third = sign_in_by_form(alice), sign_in_by_form(alice), sign_in_by_form(alice)
    assert "2 other browsers are signed out." in post(third, "/profile/browsers/end-others").text
    assert first.get("/chat").url.path == "/login"
    assert second.get("/chat").url.path == "/login"
    assert third.get("/chat").url.path == "/chat"
    assert alice.security_events.first().details == {"browsers": 2}


def test_the_own_one_is_an_ordinary_sign_out(sign_in_by_form: SignIn, alice: Any) -> None:
    browser = sign_in_by_form(alice)
    assert post(browser, f"/profile/browsers/{sessions(alice)[0].pk}/end").url.path == "/login"
    assert alice.security_events.first().event == "signed_out"


def test_anothers_browser_is_not_there(sign_in_by_form: SignIn, alice: Any, bob: Any) -> None:
    theirs = sign_in_by_form(alice)
    assert post(sign_in_by_form(bob), f"/profile/browsers/{sessions(alice)[0].pk}/end").status_code == 404
    assert theirs.get("/chat").url.path == "/chat"


def test_a_sign_in_by_another_way_than_allauths_is_listed(alice: Any) -> None:
    from django.contrib.auth import login
    from django.contrib.auth.models import AnonymousUser
    from django.contrib.sessions.backends.db import SessionStore
    from django.test import RequestFactory

    request = RequestFactory().get("/admin/login/", REMOTE_ADDR="192.0.2.7")
    request.session, request.user = SessionStore(), AnonymousUser()
    login(request, alice, backend="django.contrib.auth.backends.ModelBackend")
    assert sessions(alice).get().ip == "192.0.2.7"


def test_a_sign_in_through_the_admin_is_listed(sign_in_by_form: SignIn, operator: Any, portal: Any) -> None:
    with Browser(base_url=portal.url, follow_redirects=True) as browser:
        browser.submit("/admin/", {"login": operator.email, "password": PASSWORD})
        assert sessions(operator).count() == 0, "not before the second factor"
        assert browser.submit("/two-factor", {"code": backup_code(operator)}).url.path == "/admin/"
        assert sessions(operator).count() == 1


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (PHONE, "Mobile Safari on iPhone"),
        ("python-httpx/0.28", "python-httpx"),
        ("", "Unknown browser"),
        ("\x00\x1b[2J" * 50, None),
    ],
)
def test_devices_have_names(agent: str, name: str | None) -> None:
    from accounts.browsers.devices import describe

    assert describe(agent) == name if name else describe(agent)
