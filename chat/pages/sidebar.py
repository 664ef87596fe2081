"""The sessions beside every page."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.access import User
from chat.access import sessions_of

MAX_SESSIONS = 100


def sidebar(request: HttpRequest) -> dict[str, Any]:
    """A context processor; the database is asked only by templates that show the sidebar."""
    return {"sidebar_groups": SimpleLazyObject(lambda: _groups(request))}


def _groups(request: HttpRequest) -> list[dict[str, Any]]:
    if not isinstance(request.user, User):
        return []
    groups: dict[str, list[dict[str, Any]]] = {}
    for session in sessions_of(request.user).filter(is_archived=False)[:MAX_SESSIONS]:
        url = reverse("chat-session", args=[session.public_id])
        entry = {
            "id": session.public_id,
            "title": session.title,
            "url": url,
            "current": url == request.path,
        }
        groups.setdefault(_label(timezone.localdate(session.updated_at)), []).append(entry)
    return [{"label": label, "sessions": sessions} for label, sessions in groups.items()]


def _label(day: date) -> str:
    age = timezone.localdate() - day
    if age < timedelta(days=1):
        return "Today"
    if age < timedelta(days=2):
        return "Yesterday"
    return "Previous 7 days" if age < timedelta(days=8) else f"{day:%B %Y}"
