"""An account's end: asked for, taken back, done."""

import re
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.utils import timezone

from tests.conftest import PASSWORD
from tests.portal_process import PortalProcess

SignIn = Callable[..., httpx.Client]
MODEL = "Waymore-A1-Instruct-1011"


def post(browser: httpx.Client, path: str, **data: str) -> httpx.Response:
    return browser.post(path, data={"csrfmiddlewaretoken": browser.cookies["csrftoken"], **data})


def ask_to_be_deleted(browser: httpx.Client, user: Any) -> httpx.Response:
    browser.get("/chat")
    page = browser.get("/profile/delete")
    assert page.url.path == "/confirm-access", "a password is asked for first"
    page = post(browser, str(page.url), password=PASSWORD)
    assert page.url.path == "/profile/delete"
    return post(browser, "/profile/delete", email=user.email)


def sign_in_again(portal: PortalProcess, user: Any) -> httpx.Client:
    transport = httpx.HTTPTransport(local_address="127.3.0.1")
    browser = httpx.Client(base_url=portal.url, follow_redirects=True, transport=transport)
    browser.get("/login")
    post(browser, "/login", login=user.email, password=PASSWORD)
    return browser


def make_due(user: Any) -> None:
    type(user).objects.filter(pk=user.pk).update(deletion_due_at=timezone.now() - timedelta(seconds=1))


def mails_to(portal: PortalProcess, user: Any) -> str:
    mails = sorted(Path(portal.variables["PORTAL_DATA_DIR"], "outbox").glob("*.eml"))
    return "\n".join(text for text in (mail.read_text() for mail in mails) if f"To: {user.email}" in text)


def test_asking_for_it_stops_everything_at_once(
    sign_in: SignIn, portal: PortalProcess, alice: Any, api: httpx.Client
) -> None:
    other, browser = sign_in(alice), sign_in(alice)
    other.get("/chat")
    assert ask_to_be_deleted(browser, alice).url.path == "/goodbye"
    assert browser.get("/chat").url.path == "/login"
    assert other.get("/chat").url.path == "/login"
    assert api.get("/models").status_code == 401
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}]}
    assert api.post("/chat/completions", json=body).status_code == 401
    alice.refresh_from_db()
    assert timedelta(days=13) < alice.deletion_due_at - timezone.now() <= timedelta(days=14)
    assert "will be deleted on" in mails_to(portal, alice)
    assert "deletion_requested" in [line.event for line in alice.security_events.all()]


def test_signing_in_again_can_take_it_back(
    sign_in: SignIn, portal: PortalProcess, alice: Any, api: httpx.Client
) -> None:
    ask_to_be_deleted(sign_in(alice), alice)
    with closing(sign_in_again(portal, alice)) as browser:
        for path in ("/chat", "/keys", "/profile", "/profile/data"):
            page = browser.get(path)
            assert page.url.path == "/profile/keep"
            assert "Your account is being deleted" in page.text
        assert browser.get("/api/models").status_code == 401
        assert "Your account stays" in post(browser, "/profile/keep").text
        assert browser.get("/chat").url.path == "/chat"
    assert api.get("/models").status_code == 200
    assert "stays" in mails_to(portal, alice)


def test_it_wants_the_password_and_the_address(sign_in: SignIn, alice: Any) -> None:
    browser = sign_in(alice)
    page = post(browser, "/profile/delete", email="x@example.org")
    assert page.url.path == "/confirm-access"
    page = post(browser, str(page.url), password="not this one")
    assert page.url.path == "/confirm-access"
    alice.refresh_from_db()
    assert alice.deletion_due_at is None
    page = post(browser, str(page.url), password=PASSWORD)
    assert "This is not the address of this account." in page.text
    assert 'aria-invalid="true"' in page.text
    alice.refresh_from_db()
    assert alice.deletion_due_at is None


def test_when_due_all_is_gone_but_the_books(
    sign_in: SignIn, portal: PortalProcess, alice: Any, bob: Any, api: httpx.Client, make_key: Any
) -> None:
    from accounts.data_export import begin_export, make_export
    from accounts.deletion import delete_due_accounts, nobody, request_deletion
    from accounts.models import DataExport, SecurityEvent, User
    from apikeys.models import ApiKey
    from chat.conversations.turns import Question, ask
    from chat.models import Message, Session
    from usage.models import UsageRecord

    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}]}
    assert api.post("/chat/completions", json=body).status_code == 200
    row = UsageRecord.objects.get(user=alice)
    question = ask(user=alice, question=Question("Hi", MODEL)).said[0]
    bobs = ask(user=bob, question=Question("Hi", MODEL)).answer
    sign_in(alice)
    begin_export(user=alice)
    export = DataExport.objects.get(user=alice)
    make_export(export.pk)
    export.refresh_from_db()

    request_deletion(user=alice)
    delete_due_accounts()
    assert User.objects.filter(pk=alice.pk).exists(), "not yet"
    make_due(alice)
    lines = SecurityEvent.objects.filter(user_id=alice.pk).count()
    delete_due_accounts()
    assert not User.objects.filter(pk=alice.pk).exists()
    assert not ApiKey.objects.filter(user_id=alice.pk).exists()
    assert not Session.objects.filter(user_id=alice.pk).exists()
    assert not Message.objects.filter(pk=question.pk).exists()
    assert Message.objects.filter(pk=bobs.pk).exists()
    assert not export.file or not export.file.storage.exists(export.file.name)
    after = UsageRecord.objects.get(pk=row.pk)
    assert (after.user, after.key, after.address) == (nobody(), None, None)
    assert (after.input_tokens, after.output_tokens, after.cost) == (
        row.input_tokens,
        row.output_tokens,
        row.cost,
    )
    log = SecurityEvent.objects.filter(user_id=alice.pk)
    assert log.count() == lines + 1, "the log stays"
    assert log[0].event == "deleted"
    assert not nobody().is_active
    assert not nobody().has_usable_password()


def test_the_log_of_a_deleted_account_is_still_read_by_operators(
    sign_in: SignIn, alice: Any, operator: Any
) -> None:
    from accounts.deletion import delete_account
    from accounts.security_log import Event, record

    record(user=alice, event=Event.KEY_CREATED)
    pk = alice.pk
    delete_account(user=alice, by=operator)
    browser = sign_in(operator)
    page = browser.get("/admin/accounts/securityevent/")
    assert page.status_code == 200
    assert str(pk) in page.text
    detail = re.search(r'href="(/admin/accounts/securityevent/[^/"]+/change/)', page.text)
    assert detail is not None
    assert browser.get(detail[1]).status_code == 200


def test_one_that_fails_does_not_hold_up_the_others(
    alice: Any, bob: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from accounts import deletion
    from accounts.models import User

    def refuse(user: Any, nobody: Any) -> None:
        if user == alice:
            raise OSError("storage is away")

    monkeypatch.setattr(deletion, "_partings", [refuse, *deletion._partings])
    make_due(alice)
    make_due(bob)
    deletion.delete_due_accounts()
    assert User.objects.filter(pk=alice.pk).exists()
    assert not User.objects.filter(pk=bob.pk).exists()
    User.objects.filter(pk=alice.pk).update(deletion_due_at=None)


def test_the_place_of_the_deleted_cannot_be_taken(alice: Any) -> None:
    from accounts.deletion import NOBODY, nobody

    assert nobody() == nobody()
    assert NOBODY.endswith(".invalid"), "no mail to it can ever arrive (RFC 2606)"
