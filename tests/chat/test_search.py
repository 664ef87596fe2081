"""Chats found by the words of their titles and messages, on either database."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from django.db import connection

from tests.portal_process import PortalProcess

MODEL = "Waymore-A1-Instruct-1011"


@pytest.fixture
def talk(alice: Any) -> Callable[..., Any]:
    """A session of Alice's in which this was said."""
    from chat.models import Message, Session

    def make(title: str, *said: str, user: Any = alice, **fields: Any) -> Any:
        session = Session.objects.create(user=user, title=title, model=MODEL, **fields)
        for number, text in enumerate(said):
            role = "assistant" if number % 2 else "user"
            Message.objects.create(session=session, role=role, text=text)
        return session

    return make


def found(api: httpx.Client, text: str) -> list[str]:
    response = api.get("/chat/sessions", params={"search": text})
    assert response.status_code == 200, response.text
    return sorted(session["title"] for session in response.json()["data"])


def test_words_are_found_in_titles_and_messages(api: httpx.Client, talk: Callable[..., Any]) -> None:
    talk("Holiday plans", "Where is the lighthouse of Alexandria?", "It stood on Pharos.")
    talk("The lighthouse", "Hello")
    assert found(api, "lighthouse") == ["Holiday plans", "The lighthouse"]
    assert found(api, "PHAROS") == ["Holiday plans"]
    assert found(api, "alexandria lighthouse") == ["Holiday plans"]
    assert found(api, "lighthouse pharos") == [], "all the words in one message"


def test_the_last_word_may_be_its_beginning(api: httpx.Client, talk: Callable[..., Any]) -> None:
    talk("One", "An elephant walks")
    talk("Elephants at night", "Hello")
    assert found(api, "eleph") == ["Elephants at night", "One"]
    assert found(api, "an eleph") == ["One"]
    assert found(api, "eleph walks") == [], "only the last one"
    assert found(api, "lephant") == ["Elephants at night"], "anywhere in a title, as ever"


@pytest.mark.parametrize(
    ("said", "search"),
    [
        ("see docs.example.com/some-page_two", "example"),
        ("see docs.example.com/some-page_two", "two"),
        ("see docs.example.com/some-page_two", "some page"),
        ("write to ada@example.org", "ada example"),
        ("<b>bold</b> & <i>brave</i>", "brave"),
        ("def snake_case(): pass", "case"),
        ("Η Αθήνα είναι πόλη", "αθήνα"),
        ("“Straße” nach Köln", "köln"),
        ("it's -5 or 3.14", "3 14"),
        ("one\ntwo\tthree", "two thr"),
    ],
)
def test_what_stands_between_words_separates_them(
    api: httpx.Client, talk: Callable[..., Any], said: str, search: str
) -> None:
    talk("Said", said)
    assert found(api, search) == ["Said"]


def test_what_changes_and_goes_is_forgotten(api: httpx.Client, talk: Callable[..., Any]) -> None:
    from chat.models import Message

    session = talk("Growing")
    writing = Message.objects.create(session=session, role="assistant", text="zebra", status="streaming")
    assert found(api, "zebra") == [], "not while it is being written"
    Message.objects.filter(pk=writing.pk).update(text="zebra and giraffe", status="complete")
    assert found(api, "giraffe") == ["Growing"]
    Message.objects.filter(pk=writing.pk).update(text="okapi")
    assert (found(api, "giraffe"), found(api, "okapi")) == ([], ["Growing"])
    writing.delete()
    assert found(api, "okapi") == []


def test_nobody_finds_what_others_said(
    api: httpx.Client, portal: PortalProcess, talk: Callable[..., Any], bob: Any, make_key: Callable[..., str]
) -> None:
    talk("Mine", "the secret is xylophone")
    talk("His", "the secret is xylophone", user=bob)
    assert found(api, "xylophone") == ["Mine"]
    headers = {"x-api-key": make_key(bob)}
    with httpx.Client(base_url=portal.api, headers=headers) as other:
        assert found(other, "xylophone") == ["His"]


@pytest.mark.parametrize(
    "text",
    [
        "'", '"', "\\", "%", "a:*", "a & | ! b", "a <-> b", 'NEAR("a" b)', "a OR", "text: a", "(((", "-a",
        "*", "…", "🦊", "\u202e", "\u0301", "\ufeff", "AND", "^a", "{a b}", "[[:alpha:]]", "(?i)(a+)+$",
        "\\m", "²", "x" * 200, "ا" * 200, "a b " * 50,
    ],
)  # fmt: skip
def test_odd_queries_are_no_failure_b04(api: httpx.Client, talk: Callable[..., Any], text: str) -> None:
    talk("Nothing of that kind", "nothing")
    assert found(api, text) in ([], ["Nothing of that kind"])


@pytest.mark.parametrize(
    "said",
    [
        "𐍈𐍉 " * 60_000,
        " ".join(f"{number:x}" for number in range(36_000)),
        "-".join(chr(0x20000 + number) for number in range(40_000)) * 2,
        "x" * 200_000,
    ],
    ids=["same words", "many words", "one compound", "one word"],
)
def test_very_long_messages_can_be_stored(talk: Callable[..., Any], api: httpx.Client, said: str) -> None:
    talk("Long", "lighthouse " + said)
    assert found(api, "lighthouse") == ["Long"]


def test_hits_are_marked_and_nothing_in_them_is_markup(talk: Callable[..., Any], alice: Any) -> None:
    from chat.conversations import search

    talk("<b>Fox</b> & foxglove", "far " * 50 + "the <img src=x onerror=alert(1)> fox's\nden " + "away " * 50)
    (hit,) = search.hits(alice, "fox", 5)
    assert hit.title == "&lt;b&gt;<mark>Fox</mark>&lt;/b&gt; &amp; <mark>foxglove</mark>"
    assert "&lt;img src=x onerror=alert(1)&gt; <mark>fox</mark>&#x27;s den" in hit.excerpt
    assert hit.excerpt.startswith("… ")
    assert hit.excerpt.endswith(" …")
    assert "<img" not in hit.excerpt


def test_the_latest_message_with_the_words_is_shown(talk: Callable[..., Any], alice: Any) -> None:
    from chat.conversations import search

    talk("Older", "owl one")
    talk("Newer", "owl two", "owl three", "nothing")
    shown = [(hit.session.title, hit.excerpt) for hit in search.hits(alice, "owl", 5)]
    assert shown == [("Newer", "<mark>owl</mark> three"), ("Older", "<mark>owl</mark> one")]
    assert len(search.hits(alice, "owl", 1)) == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="another database")
def test_postgresql_uses_its_index(alice: Any) -> None:
    from chat.conversations.search import _Says
    from chat.models import Message

    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off; SET enable_indexscan = off")
        plan = Message.objects.filter(_Says(["lighthouse", "alex"])).explain()
        cursor.execute("RESET enable_seqscan; RESET enable_indexscan")
    assert "chat_message_words" in plan.split("Filter")[0], plan


@pytest.mark.skipif(connection.vendor != "sqlite", reason="another database")
def test_sqlite_gets_its_triggers_back(api: httpx.Client, talk: Callable[..., Any]) -> None:
    """Django makes a table anew to change a column, and forgets its triggers."""
    from chat.conversations.sqlite_words import MESSAGES

    talk("Before", "walrus")
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER chat_message_said")
    talk("Meanwhile", "walrus")
    assert found(api, "walrus") == ["Before"]
    MESSAGES.prepare()
    talk("After", "walrus")
    assert found(api, "walrus") == ["After", "Before", "Meanwhile"]
