"""A chat to keep: as a file, or on paper."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import User
from chat.access import get_session
from chat.conversations.sources import with_notes
from chat.exports.files import export_file
from chat.exports.said import shown
from chat.pages.reading import readable


@login_required
@require_safe
def markdown(request: HttpRequest, public_id: str) -> HttpResponseBase:
    return export_file(get_session(cast(User, request.user), public_id), "markdown")


@login_required
@require_safe
def document(request: HttpRequest, public_id: str) -> HttpResponseBase:
    return export_file(get_session(cast(User, request.user), public_id), "json")


@login_required
@never_cache
@require_safe
def printed(request: HttpRequest, public_id: str) -> HttpResponse:
    session = get_session(cast(User, request.user), public_id)
    turns = [
        {
            "role": turn.role,
            "text": with_notes(turn.text, turn.citations),
            "model": turn.model,
            "files": len(turn.attachments),
        }
        for turn in shown(session)
    ]
    context = {"title": session.title, "at": session.updated_at, "turns": readable(turns)}
    return render(request, "chat/print.html", context)
