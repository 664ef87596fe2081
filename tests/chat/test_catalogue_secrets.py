"""What an operator enters as a secret never comes back (battery K02)."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from tests.chat.conftest import UPSTREAM, Admin

SECRET, HEADER = "sk-upstream-very-secret", "header-very-secret"


@pytest.fixture
def stored(admin: Admin) -> Any:
    """Entered through the admin."""
    from chat.models import Upstream

    name = f"secretive-{uuid4().hex[:8]}"
    headers = json.dumps({"x-gateway-key": HEADER, "x-team": "biology"})
    form = {**UPSTREAM, "name": name, "base_url": "http://10.0.0.1/v1", "extra_headers": headers}
    admin.post("upstream/add/", **form, credential=SECRET)
    row = Upstream.objects.get(name=name)
    yield row
    row.delete()


def form_of(row: Any, **fields: Any) -> dict[str, Any]:
    masked = json.dumps(dict.fromkeys(row.extra_headers, "•••"), ensure_ascii=False)
    return {**UPSTREAM, "name": row.name, "base_url": row.base_url, "extra_headers": masked, **fields}


def test_it_is_stored_encrypted_k02(stored: Any) -> None:
    assert stored.credential == SECRET
    assert stored.extra_headers == {"x-gateway-key": HEADER, "x-team": "biology"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT credential, extra_headers FROM chat_upstream WHERE id = %s", [stored.pk])
        raw = str(cursor.fetchone())
    assert SECRET not in raw
    assert HEADER not in raw
    assert "x-gateway-key" not in raw


def test_it_is_on_no_page_k02(admin: Admin, stored: Any) -> None:
    pages = ["upstream/", f"upstream/{stored.pk}/change/", f"upstream/{stored.pk}/history/"]
    text = "".join(admin.get(page).text for page in pages)
    assert "x-gateway-key" in text
    for secret in (SECRET, HEADER, "biology"):
        assert secret not in text


def test_what_was_typed_is_not_repeated_beside_an_error_k02(admin: Admin, stored: Any) -> None:
    typed = {"extra_headers": '{"x-new": "typed-secret"}', "credential": "typed-credential"}
    page = admin.post(f"upstream/{stored.pk}/change/", **form_of(stored, **typed, max_queue="many")).text
    assert "Enter a whole number" in page
    assert "typed-secret" not in page
    assert "typed-credential" not in page


def test_what_is_left_alone_stays(admin: Admin, stored: Any) -> None:
    admin.post(f"upstream/{stored.pk}/change/", **form_of(stored, idle_timeout="33", credential=""))
    stored.refresh_from_db()
    assert (stored.idle_timeout, stored.credential) == (33, SECRET)
    assert stored.extra_headers["x-gateway-key"] == HEADER


def test_one_header_changes_and_one_goes(admin: Admin, stored: Any) -> None:
    headers = json.dumps({"x-gateway-key": "•••", "x-new": "1"})
    admin.post(f"upstream/{stored.pk}/change/", **form_of(stored, extra_headers=headers))
    stored.refresh_from_db()
    assert stored.extra_headers == {"x-gateway-key": HEADER, "x-new": "1"}


def test_a_credential_can_be_removed(admin: Admin, stored: Any) -> None:
    admin.post(f"upstream/{stored.pk}/change/", **form_of(stored, forget_credential="on"))
    stored.refresh_from_db()
    assert stored.credential == ""


def test_it_does_not_follow_to_another_server_k02(admin: Admin, stored: Any) -> None:
    """Else whoever may edit upstreams could have the secret sent to themselves."""
    page = admin.post(f"upstream/{stored.pk}/change/", **form_of(stored, base_url="http://10.6.6.6/v1")).text
    assert "enter the credential for it" in page
    assert "enter the values for it" in page
    stored.refresh_from_db()
    assert stored.base_url == "http://10.0.0.1/v1"
    new = form_of(stored, base_url="http://10.6.6.6/v1", credential="sk-new", extra_headers="{}")
    admin.post(f"upstream/{stored.pk}/change/", **new)
    stored.refresh_from_db()
    assert (stored.base_url, stored.credential) == ("http://10.6.6.6/v1", "sk-new")


BAD = {
    '["x"]': "JSON object",
    "{": "no JSON",
    '{"x": 1}': "JSON object",
    '{"x y": "1"}': "is no name",
    '{"x": "1\\nset-cookie: 2"}': "cannot be sent",
    '{"Content-Length": "1"}': "for the connection to say",
    '{"x-never-entered": "•••"}': "Enter the value",
}


@pytest.mark.parametrize(("headers", "reason"), BAD.items(), ids=BAD)
def test_it_rejects_headers_that_cannot_be_sent(admin: Admin, stored: Any, headers: str, reason: str) -> None:
    page = admin.post(f"upstream/{stored.pk}/change/", **form_of(stored, extra_headers=headers))
    assert reason in page.text
    stored.refresh_from_db()
    assert stored.extra_headers["x-gateway-key"] == HEADER


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "http://u:p@h/v1", "http://h/v1?key=1", "h:80"])
def test_it_rejects_addresses_that_are_none_or_hold_secrets(admin: Admin, stored: Any, url: str) -> None:
    page = admin.post(f"upstream/{stored.pk}/change/", **form_of(stored, base_url=url, credential="x"))
    assert "errorlist" in page.text
    stored.refresh_from_db()
    assert stored.base_url == "http://10.0.0.1/v1"


def test_exports_hold_none_of_it_k02(portal: Any, stored: Any) -> None:
    exported = portal.manage("export_models")
    assert stored.name in exported
    for secret in (SECRET, HEADER, "biology"):
        assert secret not in exported
