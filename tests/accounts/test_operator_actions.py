"""What operators do to accounts in the admin; every bit of it is in the security log (battery P05)."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.utils import timezone

from tests.conftest import PASSWORD
from tests.portal_process import PortalProcess
from tests.usage.test_budgets import use
from tests.usage.test_ledger import settle_late
from usage.models import Status

SignIn = Callable[..., httpx.Client]
Act = Callable[..., httpx.Response]


@pytest.fixture
def act(sign_in: SignIn, operator: Any) -> Act:
    browser = sign_in(operator)

    def choose(action: str, *people: Any) -> httpx.Response:
        data = {"csrfmiddlewaretoken": browser.cookies["csrftoken"], "action": action}
        return browser.post(
            "/admin/accounts/user/", data={**data, "_selected_action": [str(person.pk) for person in people]}
        )

    return choose


def last_event(user: Any) -> tuple[str, Any, str]:
    line = user.security_events.exclude(event="operator_action").first()
    return line.event, line.actor, line.address


def test_disabling_ends_everything_and_is_written(
    act: Act, sign_in_by_form: SignIn, alice: Any, operator: Any, portal: PortalProcess, secret: str
) -> None:
    browser = sign_in_by_form(alice)
    act("disable", alice)
    assert browser.get("/chat").url.path == "/login"
    answer = httpx.get(f"{portal.api}/models", headers={"x-api-key": secret})
    assert answer.status_code == 401
    event, actor, address = last_event(alice)
    assert (event, actor) == ("disabled", operator)
    assert address.startswith("127.1.")
    act("enable", alice)
    assert sign_in_by_form(alice).get("/chat").url.path == "/chat"
    answer = httpx.get(f"{portal.api}/models", headers={"x-api-key": secret})
    assert answer.status_code == 200


def test_the_tick_in_the_form_does_the_same(
    sign_in: SignIn, sign_in_by_form: SignIn, alice: Any, operator: Any, portal: PortalProcess
) -> None:
    theirs, browser = sign_in_by_form(alice), sign_in(operator)
    path = f"/admin/accounts/user/{alice.pk}/change/"
    form = {"csrfmiddlewaretoken": browser.cookies["csrftoken"], "email": alice.email, "name": "A"}
    for prefix, count in (("userlimits", 0), ("usersession_set", 0)):
        form |= {f"{prefix}-TOTAL_FORMS": str(count), f"{prefix}-INITIAL_FORMS": str(count)}
    page = browser.post(path, data=form)
    assert page.url.path == "/admin/accounts/user/", re.findall(
        r"errorlist.*|errornote[^/]*", page.text, re.S
    )
    assert theirs.get("/chat").url.path == "/login"
    assert last_event(alice)[0] == "disabled"


def test_nobody_locks_themselves_out(act: Act, operator: Any) -> None:
    for action in ("disable", "require_password_reset", "delete_accounts"):
        act(action, operator)
    operator.refresh_from_db()
    assert operator.is_active
    assert operator.has_usable_password()


def test_a_new_password_can_be_required(
    act: Act, sign_in_by_form: SignIn, alice: Any, portal: PortalProcess
) -> None:
    browser = sign_in_by_form(alice)
    act("require_password_reset", alice)
    assert browser.get("/chat").url.path == "/login"
    alice.refresh_from_db()
    assert not alice.check_password(PASSWORD)
    assert "password_reset_required" in [line.event for line in alice.security_events.all()]
    mails = Path(portal.variables["PORTAL_DATA_DIR"], "outbox").glob("*.eml")
    mail = next(text for text in (path.read_text() for path in mails) if f"To: {alice.email}" in text)
    link = re.search(r"http\S+/password/reset/\S+", mail)
    assert link is not None
    with httpx.Client(follow_redirects=True) as stranger:
        form = stranger.get(link[0])
        data = {"csrfmiddlewaretoken": stranger.cookies["csrftoken"]}
        data |= dict.fromkeys(("password1", "password2"), "another-horse-1")
        assert "Your new password is set" in stranger.post(form.url, data=data).text


def test_devices_and_sessions_are_seen_without_their_keys(
    sign_in: SignIn, sign_in_by_form: SignIn, alice: Any, operator: Any
) -> None:
    from allauth.usersessions.models import UserSession

    sign_in_by_form(alice).get("/chat")
    session = UserSession.objects.get(user=alice)
    page = sign_in(operator).get(f"/admin/accounts/user/{alice.pk}/change/").text
    assert "python-httpx" in page or "Python" in page
    assert session.ip in page
    assert session.session_key not in page


def test_an_operator_signs_somebody_out(act: Act, sign_in_by_form: SignIn, alice: Any, operator: Any) -> None:
    browser = sign_in_by_form(alice)
    act("sign_out", alice)
    assert browser.get("/chat").url.path == "/login"
    assert last_event(alice)[:2] == ("sessions_ended", operator)


def test_deleting_at_once_takes_two_steps(act: Act, alice: Any) -> None:
    from accounts.models import SecurityEvent, User

    assert "disable the account first" in act("delete_accounts", alice).text
    assert User.objects.filter(pk=alice.pk).exists()
    act("disable", alice)
    running = use(alice, at=timezone.now(), status=Status.OPEN)
    assert "a request of theirs is ending" in act("delete_accounts", alice).text
    settle_late(running)
    assert "is deleted" in act("delete_accounts", alice).text
    assert not User.objects.filter(pk=alice.pk).exists()
    lines = SecurityEvent.objects.filter(user_id=alice.pk)
    assert lines[0].event == "deleted"
    assert act("delete_selected", alice).status_code == 200


@pytest.mark.parametrize(
    "page", ["accounts/user", "auth/group", "accounts/invitation", "accounts/signuppolicy"]
)
def test_the_pages_to_add_work(sign_in: SignIn, operator: Any, page: str) -> None:
    browser = sign_in(operator)
    assert browser.get(f"/admin/{page}/").status_code == 200
    assert browser.get(f"/admin/{page}/add/").status_code == 200
