"""The chats beside every page: what is listed where, and what is done to one or many."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

MODEL = "Waymore-A1-Instruct-1011"


@pytest.fixture
def talk(alice: Any) -> Callable[..., Any]:
    from chat.models import Session

    def make(title: str, user: Any = alice, **fields: Any) -> Any:
        return Session.objects.create(user=user, title=title, model=MODEL, **fields)

    return make


@pytest.fixture
def browser(sign_in: Callable[..., httpx.Client], alice: Any) -> httpx.Client:
    return sign_in(alice)


def listed(browser: httpx.Client, **params: Any) -> str:
    response = browser.get("/chat/sidebar", params=params)
    assert response.status_code == 200
    return response.text


def do(browser: httpx.Client, verb: str, *sessions: Any, value: str = "") -> int:
    ids = [getattr(session, "public_id", session) for session in sessions]
    form = {"do": verb, "session": ids, "value": value, "fetch": "1"}
    return browser.post("/chat/sessions", data=form).status_code


def order(html: str, *texts: str) -> bool:
    places = [html.find(f">{text}<") for text in texts]
    return -1 not in places and places == sorted(places)


def test_pinned_then_folders_then_days(browser: httpx.Client, talk: Callable[..., Any]) -> None:
    now = timezone.now()
    for days, title in ((0, "A new one"), (1, "Of yesterday"), (5, "Last week"), (20, "Weeks ago")):
        talk(title, updated_at=now - timedelta(days=days))
    talk("Long ago", updated_at=datetime(2021, 3, 5, 12, tzinfo=UTC))
    talk("In work", folder="Work", updated_at=now - timedelta(days=400))
    talk("Kept", is_pinned=True, folder="Work")
    talk("Put away", is_archived=True)
    html = listed(browser)
    assert order(
        html, "Pinned", "Kept", "Work", "In work", "Today", "A new one", "Yesterday", "Of yesterday",
        "Previous 7 days", "Last week", "Previous 30 days", "Weeks ago", "March 2021", "Long ago",
    )  # fmt: skip
    assert "Put away" not in html


def test_a_day_is_the_readers_day_in_their_language(
    browser: httpx.Client, talk: Callable[..., Any], alice: Any
) -> None:
    from accounts.models import Preferences

    Preferences.objects.create(user=alice, time_zone="Pacific/Kiritimati", language="de")
    # The last hour of February in UTC is March where the reader is.
    talk("At the date line", updated_at=datetime(2021, 2, 28, 23, 30, tzinfo=UTC))
    assert order(listed(browser), "März 2021", "At the date line")


def test_older_ones_come_when_asked_for(browser: httpx.Client, talk: Callable[..., Any], alice: Any) -> None:
    from chat.models import Session

    rows = [Session(user=alice, title=f"Chat {number}", model=MODEL) for number in range(170)]
    Session.objects.bulk_create(rows)
    first = listed(browser)
    assert first.count("data-session=") == 50
    assert 'data-more="150"' in first
    assert listed(browser, shown=150).count("data-session=") == 150
    whole = listed(browser, shown=250)
    assert (whole.count("data-session="), "data-more" in whole) == (170, False)
    for odd in ("-1", "x", "²", "9" * 50, "\x00"):
        assert listed(browser, shown=odd, current=odd).count("data-session=") in (50, 170)


def test_the_open_one_is_marked_and_its_title_told(browser: httpx.Client, talk: Callable[..., Any]) -> None:
    session = talk("Open & <here>")
    html = listed(browser, current=session.public_id)
    assert 'data-title="Open &amp; &lt;here&gt;"' in html
    assert html.count('aria-current="page"') == 1
    assert browser.get(f"/chat/{session.public_id}").text.count('aria-current="page"') == 1


def test_one_is_renamed_pinned_moved_and_archived(browser: httpx.Client, talk: Callable[..., Any]) -> None:
    session = talk("Before")
    said_at = session.updated_at
    assert do(browser, "rename", session, value=" After ") == 204
    assert do(browser, "pin", session) == do(browser, "move", session, value="Work") == 204
    session.refresh_from_db()
    assert (session.title, session.title_by) == ("After", "person")
    assert (session.is_pinned, session.folder, session.updated_at) == (True, "Work", said_at)
    assert do(browser, "move", session) == do(browser, "unpin", session) == do(browser, "archive", session)
    session.refresh_from_db()
    assert (session.is_pinned, session.folder, session.is_archived) == (False, "", True)
    assert "After" in browser.get("/chat/archived").text
    assert do(browser, "unarchive", session) == 204
    assert "After" in listed(browser)


def test_many_go_at_once_and_come_back(
    browser: httpx.Client, talk: Callable[..., Any], api: httpx.Client
) -> None:
    from chat.models import Message

    gone = [talk(f"Gone {number}") for number in range(3)]
    Message.objects.create(session=gone[0], role="user", text="a needle")
    answer = Message.objects.create(session=gone[0], role="assistant", text="hay", status="streaming")
    talk("Stays")
    assert do(browser, "delete", *gone) == 204
    path = f"/chat/sessions/{gone[0].public_id}"
    assert api.get(path).status_code == api.get(f"{path}/messages").status_code == 404
    assert browser.get(f"/chat/{gone[0].public_id}").status_code == 404
    assert [each["title"] for each in api.get("/chat/sessions").json()["data"]] == ["Stays"]
    assert "Gone" not in listed(browser) + browser.get("/chat/palette?q=needle").text
    assert answer.public_id not in browser.get("/chat").text
    assert do(browser, "pin", gone[0]) == 404
    assert do(browser, "undelete", *gone) == 204
    assert "Gone" in browser.get("/chat/palette?q=needle").text
    assert listed(browser).count("data-session=") == 4


def test_after_some_minutes_it_is_gone_for_good(browser: httpx.Client, talk: Callable[..., Any]) -> None:
    from chat.conversations import filing
    from chat.models import Message, Session

    old, fresh = talk("Old"), talk("Fresh")
    Message.objects.create(session=old, role="user", text="Hello")
    do(browser, "delete", old, fresh)
    Session.objects.filter(pk=old.pk).update(deleted_at=timezone.now() - filing.UNDO_WITHIN)
    filing.delete_discarded()
    assert not Session.objects.filter(pk=old.pk).exists()
    assert not Message.objects.filter(session_id=old.pk).exists()
    assert (do(browser, "undelete", old), do(browser, "undelete", fresh)) == (404, 204)


def test_all_or_none_and_only_ones_own(browser: httpx.Client, talk: Callable[..., Any], bob: Any) -> None:
    mine, his = talk("Mine"), talk("His", user=bob)
    for verb in ("archive", "delete", "pin", "rename", "move", "undelete"):
        assert do(browser, verb, mine, his, value="x") == 404
    mine.refresh_from_db()
    assert (mine.title, mine.is_archived, mine.deleted_at) == ("Mine", False, None)


@pytest.mark.parametrize(
    ("verb", "value", "status"),
    [
        ("rename", "", 400), ("rename", "a\x00b", 400), ("rename", "x" * 201, 400), ("move", "\x00", 400),
        ("move", "x" * 101, 400), ("explode", "", 400), ("", "", 400), ("rename", "🦊\u202e", 204),
    ],
)  # fmt: skip
def test_it_rejects_what_cannot_be_b04(
    browser: httpx.Client, talk: Callable[..., Any], verb: str, value: str, status: int
) -> None:
    assert do(browser, verb, talk("One"), value=value) == status
    assert do(browser, "pin") == 400
    assert do(browser, "pin", "ses_x") == do(browser, "pin", "\x00") == 404


def test_the_archive_is_searched_and_needs_no_script(browser: httpx.Client, talk: Callable[..., Any]) -> None:
    sessions = [talk(title, is_archived=True) for title in ("A lighthouse", "Something else")]
    found = browser.get("/chat/archived", params={"q": "light"}).text
    assert ("A lighthouse" in found, "Something else" in found) == (True, False)
    for odd in ("\x00", "'", "🦊" * 300):
        assert browser.get("/chat/archived", params={"q": odd, "page": odd}).status_code == 200
    form = {"do": "unarchive", "session": [session.public_id for session in sessions]}
    answer = browser.post("/chat/sessions", data=form)
    assert (answer.url.path, "Nothing is archived" in answer.text) == ("/chat/archived", True)


def test_the_palette_finds_and_marks(browser: httpx.Client, talk: Callable[..., Any], bob: Any) -> None:
    from chat.models import Message

    session = talk("<b>Tall</b> towers")
    Message.objects.create(session=session, role="user", text="How high is the <i>lighthouse</i>?")
    his = talk("His", user=bob)
    Message.objects.create(session=his, role="user", text="lighthouse")
    html = browser.get("/chat/palette", params={"q": "lightho"}).text
    assert "the &lt;i&gt;<mark>lighthouse</mark>&lt;/i&gt;?" in html
    assert "&lt;b&gt;Tall&lt;/b&gt; towers" in html
    assert html.count('role="option"') == 1
    for odd in ("\x00", "\x00" * 5, "%", "(", "'", "x" * 5000):
        assert browser.get("/chat/palette", params={"q": odd}).status_code == 200
