"""What the command palette finds among the person's chats."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import User
from chat.conversations import search
from portal.web.text import one_line

MAX_TEXT = 200
# Without a word to look for, the latest few.
_FOUND, _RECENT = 20, 5


@login_required
@never_cache
@require_safe
def hits(request: HttpRequest) -> HttpResponse:
    text = one_line(request.GET.get("q", ""), MAX_TEXT)
    found = search.hits(cast(User, request.user), text, _FOUND if text else _RECENT)
    return render(request, "chat/_palette_hits.html", {"hits": found, "is_search": bool(text)})
