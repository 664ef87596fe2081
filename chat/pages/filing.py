"""What the sidebar and the archive do to sessions: one or many."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.access import User
from chat.conversations.filing import discard_sessions, edit_sessions, take_back_sessions
from portal.web.errors import ApiError

_VERBS: dict[str, Callable[..., None]] = {
    "pin": partial(edit_sessions, pinned=True),
    "unpin": partial(edit_sessions, pinned=False),
    "archive": partial(edit_sessions, archived=True),
    "unarchive": partial(edit_sessions, archived=False),
    "delete": discard_sessions,
    "undelete": take_back_sessions,
}
# Those that say more: the field that `value` is for.
_FIELDS = {"rename": "title", "move": "folder"}


@login_required
@require_POST
def file_sessions(request: HttpRequest) -> HttpResponse:
    """Form fields: `do`, one or more `session`, for some a `value`. Scripts say `fetch`; a form without
    them comes back to the archive."""
    verb, value = request.POST.get("do", ""), request.POST.get("value", "").strip()
    chosen: dict[str, Any] = {
        "user": cast(User, request.user),
        "session_ids": request.POST.getlist("session"),
    }
    try:
        if verb in _FIELDS:
            # No folder is none.
            said = None if verb == "move" and not value else value
            edit_sessions(**chosen, **{_FIELDS[verb]: said})
        elif verb in _VERBS:
            _VERBS[verb](**chosen)
        else:
            return _refused("There is nothing of that name to do.")
    except ApiError as error:
        return _refused(str(error), error.status)
    return HttpResponse(status=204) if "fetch" in request.POST else redirect("chat-archived")


def _refused(reason: str, status: int = 400) -> HttpResponse:
    return HttpResponse(reason, status=status, content_type="text/plain; charset=utf-8")
