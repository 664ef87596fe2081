"""The security log: written over HTTP, append-only (battery P05)."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.portal_process import PortalProcess

SignIn = Callable[..., httpx.Client]


def events(user: Any) -> list[str]:
    from accounts.security_log import events_of

    return [event.event for event in events_of(user)]


def test_it_says_who_what_when_from_where_p05(sign_in_by_form: SignIn, alice: Any) -> None:
    from accounts.security_log import events_of

    browser = sign_in_by_form(alice)
    line = events_of(alice).get()
    assert (line.event, line.user, line.actor) == ("signed_in", alice, alice)
    assert line.address.startswith("127.1.")
    assert line.user_agent.startswith("python-httpx/")
    browser.post("/logout", data={"csrfmiddlewaretoken": browser.cookies["csrftoken"]})
    assert events(alice) == ["signed_out", "signed_in"]


def test_a_failed_sign_in_is_the_accounts_not_a_strangers(
    portal: PortalProcess, alice: Any, new_email: str
) -> None:
    from accounts.models import SecurityEvent

    with httpx.Client(base_url=portal.url, follow_redirects=True) as browser:
        for email in (alice.email, new_email):
            browser.get("/login")
            token = browser.cookies["csrftoken"]
            data = {"login": email, "password": "wrong-password", "csrfmiddlewaretoken": token}
            browser.post("/login", data=data)
    assert events(alice) == ["sign_in_failed"]
    last = SecurityEvent.objects.filter(user=None).first()
    assert last is not None
    assert new_email not in str(last.details)


def test_details_hold_nothing_a_terminal_obeys(alice: Any) -> None:
    from accounts.security_log import Event, record

    record(user=alice, event=Event.KEY_CREATED, details={"key": "key_1", "name": "a\x00b\x1b[2J"})
    assert alice.security_events.get().details == {"key": "key_1", "name": "ab[2J"}


def test_what_happens_to_keys_is_written(sign_in_by_form: SignIn, api: httpx.Client, alice: Any) -> None:
    from apikeys.services import edit_key, regenerate_key, revoke_key

    key = alice.api_keys.get()
    edit_key(key=key, name="Renamed")
    regenerate_key(key=key)
    revoke_key(key=key)
    lines = list(alice.security_events.order_by("id"))
    assert [line.event for line in lines] == ["key_created", "key_edited", "key_regenerated", "key_revoked"]
    assert lines[1].details == {"key": key.public_id, "name": "Renamed", "changed": ["name"]}
    created = sign_in_by_form(alice).post(
        "/api/keys", json={"name": "From a browser", "permissions": ["chat"]}
    )
    assert created.status_code == 201
    line = alice.security_events.first()
    assert line.details["name"] == "From a browser"
    assert line.address.startswith("127.1."), "the request being served says from where"
    assert created.json()["key"] not in str(line.details)


def test_nothing_changes_it_p05(alice: Any) -> None:
    from accounts.models import SecurityEvent
    from accounts.security_log import Event, record

    line = record(user=alice, event=Event.SIGNED_IN)
    rows = SecurityEvent.objects.filter(pk=line.pk)
    for attempt in (line.save, line.delete, rows.delete, lambda: rows.update(event="x")):
        with pytest.raises(TypeError, match="only ever added"):
            attempt()
    assert rows.get().event == "signed_in"


def test_what_operators_do_is_written_p05(sign_in: SignIn, operator: Any) -> None:
    from django.contrib.auth.models import Group

    browser = sign_in(operator)
    token = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    names = [f"group {operator.pk} {number}" for number in (1, 2)]
    inlines = {
        f"{inline}-{count}_FORMS": "0"
        for inline in ("budget", "grouplimits")
        for count in ("TOTAL", "INITIAL")
    }
    for name in names:
        browser.post("/admin/auth/group/add/", data={**token, **inlines, "name": name})
    groups = Group.objects.filter(name__in=names)
    assert groups.count() == 2
    data = {**token, "action": "delete_selected", "_selected_action": [group.pk for group in groups]}
    browser.post("/admin/auth/group/", data={**data, "post": "yes"})
    assert not groups.all().exists()
    lines = list(operator.security_events.filter(event="operator_action").order_by("id"))
    assert [line.details["what"] for line in lines] == ["added auth.group"] * 2 + ["deleted auth.group"] * 2
    assert {line.details["name"] for line in lines} == set(names)
    assert all(line.address.startswith("127.1.") for line in lines)


def test_it_is_read_only_in_the_admin_p05(sign_in: SignIn, operator: Any) -> None:
    from accounts.security_log import Event, record

    browser = sign_in(operator)
    line = record(user=operator, event=Event.SIGNED_IN)
    assert "Signed in" in browser.get("/admin/accounts/securityevent/").text
    page = browser.get(f"/admin/accounts/securityevent/{line.pk}/change/")
    assert page.status_code == 200
    assert 'name="_save"' not in page.text
    token = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    for address in ("add/", f"{line.pk}/change/", f"{line.pk}/delete/"):
        path = f"/admin/accounts/securityevent/{address}"
        assert browser.post(path, data={**token, "post": "yes", "event": "x"}).status_code == 403
    assert operator.security_events.filter(pk=line.pk, event="signed_in").exists()
