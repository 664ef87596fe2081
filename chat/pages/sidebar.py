"""The sessions beside every page: pinned ones, folders, and the rest by day."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import User
from chat.access import sessions_of
from chat.models import Session
from portal.web.ids import decode

# Of those that are in no folder and not pinned; more come as the reader scrolls.
STEP = 50
MOST_SHOWN = 5000


@dataclass(frozen=True)
class Entry:
    id: str
    title: str
    url: str
    folder: str
    is_pinned: bool
    is_current: bool


@dataclass
class Group:
    label: str
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True)
class Sidebar:
    """`more` is how many to ask for next, 0 when all are shown; `title` is the current session's."""

    pinned: list[Entry]
    folders: list[Group]
    days: list[Group]
    shown: int
    more: int
    title: str


def sidebar(request: HttpRequest) -> dict[str, Any]:
    """A context processor; the database is asked only by templates that show the sidebar."""
    return {"sidebar": SimpleLazyObject(lambda: _sidebar_beside(request))}


@login_required
@never_cache
@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """The list alone, for a page that is open. `current` is the session it shows."""
    shown = request.GET.get("shown", "")
    number = int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 6 else STEP
    listed = _list(cast(User, request.user), request.GET.get("current", ""), min(number, MOST_SHOWN))
    return render(request, "elements/sessions.html", {"sidebar": listed})


def _sidebar_beside(request: HttpRequest) -> Sidebar | None:
    if not isinstance(request.user, User):
        return None
    match = request.resolver_match
    return _list(request.user, match.kwargs.get("public_id", "") if match else "")


def _list(user: User, current: str, shown: int = STEP) -> Sidebar:
    rows = sessions_of(user).filter(is_archived=False)
    filed = Q(is_pinned=True) | ~Q(folder="")
    kept = [_entry(session, current) for session in rows.filter(filed)[:MOST_SHOWN]]
    recent = list(rows.exclude(filed)[: shown + 1])
    has_more = len(recent) > shown and shown < MOST_SHOWN
    now = sessions_of(user).filter(pk=decode(Session.id_prefix, current)).first()
    return Sidebar(
        pinned=[entry for entry in kept if entry.is_pinned],
        folders=_folders(entry for entry in kept if not entry.is_pinned),
        days=_days(recent[:shown], current),
        shown=shown,
        more=min(shown + 2 * STEP, MOST_SHOWN) if has_more else 0,
        title=now.title if now else "",
    )


def _folders(entries: Iterable[Entry]) -> list[Group]:
    groups: dict[str, Group] = {}
    for entry in entries:
        groups.setdefault(entry.folder, Group(entry.folder)).entries.append(entry)
    return sorted(groups.values(), key=lambda group: group.label.casefold())


def _days(sessions: Iterable[Session], current: str) -> list[Group]:
    groups: dict[str, Group] = {}
    today = timezone.localdate()
    for session in sessions:
        label = _label(timezone.localdate(session.updated_at), today)
        groups.setdefault(label, Group(label)).entries.append(_entry(session, current))
    return list(groups.values())


def _label(day: date, today: date) -> str:
    age = today - day
    if age < timedelta(days=1):
        return _("Today")
    if age < timedelta(days=2):
        return _("Yesterday")
    if age < timedelta(days=8):
        return _("Previous 7 days")
    return _("Previous 30 days") if age < timedelta(days=31) else date_format(day, "F Y")


def _entry(session: Session, current: str) -> Entry:
    return Entry(
        id=session.public_id,
        title=session.title,
        url=reverse("chat-session", args=[session.public_id]),
        folder=session.folder,
        is_pinned=session.is_pinned,
        is_current=session.public_id == current,
    )
