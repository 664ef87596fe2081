"""`/share/{token}`, for whoever has the link, and the list of one's own links."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import User
from chat.models import SharedSnapshot
from chat.pages.reading import readable
from chat.sharing.access import get_share, open_share, shares_of
from chat.sharing.services import revoke_share
from portal.web.public_links import public_page

# Seconds. Anybody may ask for the page as often as they like; it is rendered once.
_RENDERED_FOR = 600


@public_page
def shared(request: HttpRequest, token: str) -> HttpResponse:
    share = open_share(token)
    context = {"title": share.title, "at": share.updated_at, "turns": _turns(share)}
    return render(request, "chat/shared.html", context)


def _turns(share: SharedSnapshot) -> list[dict[str, Any]]:
    key = f"shared:{share.pk}:{share.updated_at.timestamp()}"
    turns: list[dict[str, Any]] | None = cache.get(key)
    if turns is None:
        turns = readable(share.turns)
        cache.set(key, turns, _RENDERED_FOR)
    return turns


@login_required
@never_cache
@require_safe
def links(request: HttpRequest) -> HttpResponse:
    return render(request, "chat/links.html", {"shares": shares_of(cast(User, request.user))})


@login_required
@require_POST
def revoke(request: HttpRequest, public_id: str) -> HttpResponse:
    revoke_share(share=get_share(cast(User, request.user), public_id))
    messages.success(request, _("The link is revoked: nobody can open it any more."))
    return redirect("shared-links")
