"""The first operator, and the admin they run the portal from."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests import profile
from tests.conftest import PASSWORD
from tests.portal_process import manage, serve

ADMIN_PAGES = [
    "accounts/user", "chat/session", "chat/message", "apikeys/apikey", "chat/publicmodel", "chat/upstream",
    "chat/deployment",     "usage/usagerecord",
]  # fmt: skip


def test_the_set_up_link_works_once() -> None:
    variables = profile.environment("fresh")
    profile.create_database(variables)
    port_free_link = manage(variables, "prepare")
    token = re.search(r"/first-operator/(\S+)", port_free_link)
    assert token is not None
    with serve(variables) as portal, httpx.Client(base_url=portal.url, follow_redirects=True) as browser:
        path = f"/first-operator/{token[1]}"
        assert browser.get("/first-operator/nonsense").status_code == 404
        assert "Set up this portal" in browser.get(path).text
        data = {"email": "boss@example.org", "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        assert "too short" in browser.post(path, data={**data, "password1": "short"}).text
        page = browser.post(path, data={**data, "password1": PASSWORD})
        assert page.url.path == "/admin/"
        assert page.status_code == 200
        assert browser.get(path).status_code == 404
    assert "first-operator" not in manage(variables, "prepare")
    profile.drop_database(variables)


def test_the_environment_names_the_first_operator() -> None:
    variables = profile.environment("named")
    profile.create_database(variables)
    named = {"PORTAL_ADMIN_EMAIL": "boss@example.org", "PORTAL_ADMIN_PASSWORD": PASSWORD}
    for _ in range(2):
        assert "first-operator" not in manage({**variables, **named}, "prepare")
    with serve(variables) as portal, httpx.Client(base_url=portal.url, follow_redirects=True) as browser:
        browser.get("/admin/login/")
        data = {"username": "boss@example.org", "password": PASSWORD, "next": "/admin/"}
        browser.post("/admin/login/", data={**data, "csrfmiddlewaretoken": browser.cookies["csrftoken"]})
        assert browser.get("/admin/").url.path == "/admin/"
    profile.drop_database(variables)


@pytest.fixture
def filled(api: httpx.Client, alice: Any) -> None:
    """Alice has a key, a session with an answer, and a usage record."""
    from chat.conversations.services import ask, finish
    from chat.models.conversation import MessageStatus

    model = "Waymore-A1-Instruct-1011"
    api.post("/chat/completions", json={"model": model, "messages": [{"role": "user", "content": "Hi"}]})
    _, answer = ask(user=alice, session_id=None, text="Hi", model=model)
    finish(answer, status=MessageStatus.COMPLETE, text="Hello", error="", input_tokens=1, output_tokens=1)


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
