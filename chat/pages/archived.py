"""Chats put away: looked through, brought back, deleted."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import User
from chat.conversations.search import find_sessions
from portal.web.text import one_line

PER_PAGE = 50


@login_required
@never_cache
@require_safe
def archived(request: HttpRequest) -> HttpResponse:
    text = one_line(request.GET.get("q", ""), 200)
    user = cast(User, request.user)
    found = find_sessions(user, search=text, pinned=None, archived=True, folder=None)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "chat/archived.html", {"sessions": page, "search": text})
