"""The first operator, and the admin they run the portal from."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests import profile
from tests.accounts.conftest import App, Browser, secret_on
from tests.conftest import PASSWORD
from tests.portal_process import manage, serve

ADMIN_PAGES = [
    "accounts/user", "chat/session", "chat/message", "apikeys/apikey", "chat/publicmodel", "chat/upstream",
    "chat/deployment",     "usage/usagerecord",
]  # fmt: skip


def test_the_set_up_link_works_once() -> None:
    variables = profile.environment("fresh")
    profile.create_migrated(variables)
    port_free_link = manage(variables, "prepare")
    token = re.search(r"/first-operator/(\S+)", port_free_link)
    assert token is not None
    with serve(variables) as portal, Browser(base_url=portal.url, follow_redirects=True) as browser:
        path = f"/first-operator/{token[1]}"
        assert browser.get("/first-operator/nonsense").status_code == 404
        assert "Set up this portal" in browser.get(path).text
        data = {"email": "boss@example.org", "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        assert "too short" in browser.post(path, data={**data, "password1": "short"}).text
        page = browser.post(path, data={**data, "password1": PASSWORD})
        assert page.url.path == "/two-factor/set-up"
        assert browser.get("/admin/").url.path != "/admin/", "not before the second factor is there"
        page = browser.submit("/two-factor/set-up", {"code": App(secret_on(page)).code()})
        assert 'href="/admin/"' in page.text, "the backup codes lead on to it"
        assert browser.get("/admin/").url.path == "/admin/"
        assert browser.get(path).status_code == 404
    assert "first-operator" not in manage(variables, "prepare")
    profile.drop_database(variables)


def test_the_environment_names_the_first_operator() -> None:
    variables = profile.environment("named")
    profile.create_migrated(variables)
    named = {"PORTAL_ADMIN_EMAIL": "boss@example.org", "PORTAL_ADMIN_PASSWORD": PASSWORD}
    for _ in range(2):
        assert "first-operator" not in manage({**variables, **named}, "prepare")
    with serve(variables) as portal, Browser(base_url=portal.url, follow_redirects=True) as browser:
        page = browser.submit("/admin/", {"login": "boss@example.org", "password": PASSWORD})
        page = browser.submit("/two-factor/set-up", {"code": App(secret_on(page)).code()})
        assert browser.get("/admin/").url.path == "/admin/"
    profile.drop_database(variables)


@pytest.fixture
def filled(api: httpx.Client, alice: Any) -> None:
    """Alice has a key, a session with an answer, and a usage record."""
    from chat.conversations.answers import End, finish
    from chat.conversations.turns import Question, ask
    from chat.models.conversation import MessageStatus

    model = "Waymore-A1-Instruct-1011"
    api.post("/chat/completions", json={"model": model, "messages": [{"role": "user", "content": "Hi"}]})
    answer = ask(user=alice, question=Question("Hi", model)).answer
    finish(answer, status=MessageStatus.COMPLETE, end=End("Hello", input_tokens=1, output_tokens=1))


@pytest.mark.parametrize("page", ADMIN_PAGES)
def test_every_list_and_detail_page_works(
    filled: None, sign_in: Callable[..., httpx.Client], operator: Any, page: str
) -> None:
    browser = sign_in(operator)
    listing = browser.get(f"/admin/{page}/")
    assert listing.status_code == 200
    detail = re.search(rf'href="(/admin/{page}/[^/"]+/change/)', listing.text)
    assert detail is not None, "the list is empty"
    assert browser.get(detail[1]).status_code == 200


def test_a_person_who_is_no_operator_stays_out(sign_in: Callable[..., httpx.Client], alice: Any) -> None:
    assert sign_in(alice).get("/admin/").url.path == "/admin/login/"


def test_an_operator_without_a_second_factor_stays_out_z06(
    sign_in: Callable[..., httpx.Client], browser: Browser, operator: Any
) -> None:
    operator.totpdevice_set.all().delete()
    assert sign_in(operator).get("/admin/").url.path == "/login", "an old session is no way in"
    assert browser.sign_in(operator).url.path == "/two-factor/set-up"
    for path in ("/admin/", "/chat", "/keys"):
        assert browser.get(path).url.path == "/two-factor/set-up", path
    assert browser.get("/api/keys").status_code == 401


def test_an_operator_keeps_the_last_second_factor(browser: Browser, operator: Any) -> None:
    operator.totpdevice_set.all().delete()
    page = browser.sign_in(operator)
    app = App(secret_on(page))
    browser.submit("/two-factor/set-up", {"code": app.code()})
    token = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    page = browser.post("/profile/security/authenticator/remove", data=token)
    assert "needs a second factor" in page.text
    refused = browser.send_json("/api/auth/2fa/disable", {})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "conflict")
    assert operator.totpdevice_set.filter(confirmed=True).exists()


def test_the_admin_shows_no_secret_of_a_device_k01(
    sign_in: Callable[..., httpx.Client], operator: Any
) -> None:
    device = operator.totpdevice_set.get()
    page = sign_in(operator).get(f"/admin/otp_totp/totpdevice/{device.pk}/change/")
    assert device.key not in page.text


def test_everybody_needs_one_where_the_portal_says_so(alice: Any) -> None:
    with (
        serve(profile.MAIN, PORTAL_REQUIRE_2FA="1") as strict,
        Browser(base_url=strict.url, follow_redirects=True) as browser,
    ):
        page = browser.sign_in(alice)
        assert page.url.path == "/two-factor/set-up"
        assert not browser.is_signed_in
        browser.submit("/two-factor/set-up", {"code": App(secret_on(page)).code()})
        assert browser.is_signed_in


def test_an_upstreams_credential_is_never_shown_k02(
    sign_in: Callable[..., httpx.Client], operator: Any
) -> None:
    from django.db import connection

    from chat.models import Upstream

    name = f"secretive-{operator.pk}"
    browser = sign_in(operator)
    form = {"name": name, "kind": "openai", "base_url": "http://10.0.0.1/v1", "is_enabled": "on"}
    form |= dict.fromkeys(["first_byte_timeout", "idle_timeout", "total_timeout", "queue_timeout"], "9")
    form |= {"max_concurrency": "2", "max_queue": "2", "extra_headers": "{}"}
    token = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    browser.post("/admin/chat/upstream/add/", data={**form, **token, "credential": "sk-very-secret"})
    row = Upstream.objects.get(name=name)
    assert row.credential == "sk-very-secret"
    page = browser.get(f"/admin/chat/upstream/{row.pk}/change/")
    assert "sk-very-secret" not in page.text
    browser.post(f"/admin/chat/upstream/{row.pk}/change/", data={**form, **token, "credential": ""})
    row.refresh_from_db()
    assert row.credential == "sk-very-secret", "an empty field keeps what is stored"
    with connection.cursor() as cursor:
        cursor.execute("SELECT credential FROM chat_upstream WHERE id = %s", [row.pk])
        assert "sk-very-secret" not in cursor.fetchone()[0]
    row.delete()
