"""Chats are kept as long as the operator says."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chat.conversations.retention import delete_expired

Settings = Any


@pytest.fixture
def talk(alice: Any) -> Callable[..., Any]:
    """A chat in which something was last said so many days ago."""
    from chat.models import Message, Session

    def make(days: float, status: str = "complete", **fields: Any) -> Any:
        at = timezone.now() - timedelta(days=days)
        session = Session.objects.create(user=alice, title="t", model="m", updated_at=at, **fields)
        Message.objects.create(session=session, role="assistant", text="Hello", status=status)
        return session

    return make


def test_it_works(alice: Any, talk: Callable[..., Any], settings: Settings) -> None:
    settings.KEEP_CHATS_DAYS = 30
    old, kept = [talk(31), talk(31, is_archived=True)], [talk(29), talk(400, is_pinned=True)]
    still_written = talk(31, status="streaming")
    delete_expired(timezone.now())
    left = set(alice.chat_sessions.all())
    assert left == {*kept, still_written}
    assert not left & set(old)


def test_without_a_setting_all_stay(talk: Callable[..., Any], settings: Settings) -> None:
    settings.KEEP_CHATS_DAYS = 0
    talk(4000)
    assert delete_expired(timezone.now()) == 0


def test_its_files_go_with_it_and_its_cost_stays(
    alice: Any, talk: Callable[..., Any], settings: Settings, api: Any
) -> None:
    from chat.models import Attachment
    from usage.models import UsageRecord

    files = [("files", ("a.txt", b"only here", "text/plain"))]
    (named,) = api.post("/chat/attachments", files=files).json()["data"]
    session = talk(0)
    note = {name: named[name] for name in ("id", "name", "type", "size", "url")}
    said = {"role": "user", "content": "See", "attachments": [note]}
    assert api.post(f"/chat/sessions/{session.public_id}/messages", json=said).status_code == 201
    row = UsageRecord.objects.create(user=alice, model="m", format="browser", status="complete", cost=1)
    session.messages.filter(role="assistant").update(usage=row)
    type(session).objects.filter(pk=session.pk).update(updated_at=timezone.now() - timedelta(days=31))
    settings.KEEP_CHATS_DAYS = 30
    assert delete_expired(timezone.now()) >= 1
    assert not Attachment.objects.filter(file__user=alice).exists()
    assert UsageRecord.objects.get(pk=row.pk).cost == 1
