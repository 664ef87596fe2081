"""What the buttons of cards do, to one or many items. Scripts ask with `fetch`; a form without them comes
back."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.access import User
from collections_app import bulk, collecting
from collections_app.pages.forms import tags_in
from portal.web.errors import ApiError

_TAGGING = {"tag": bulk.tag_items, "untag": bulk.untag_items}
_VERBS: dict[str, Callable[..., Any]] = {
    "favorite": partial(bulk.mark_favorites, favorite=True),
    "unfavorite": partial(bulk.mark_favorites, favorite=False),
    "delete": bulk.discard_items,
    "restore": bulk.restore_items,
    "erase": bulk.erase_items,
}


@login_required
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Form fields: `do` and one or more `item`; for some a `collection`, or a `position` in it, or
    `tags` with commas between them."""
    verb, items = request.POST.get("do", ""), request.POST.getlist("item")
    user = cast(User, request.user)
    collection = request.POST.get("collection", "")
    try:
        if verb in _VERBS:
            _VERBS[verb](user=user, item_ids=items)
        elif verb in _TAGGING:
            _TAGGING[verb](user=user, item_ids=items, tags=tags_in(request.POST.get("tags", "")))
        elif verb == "collect":
            bulk.collect_items(user=user, item_ids=items, collection_id=collection)
        elif verb in ("uncollect", "move"):
            _in_collection(user, verb, collection, (items or [""])[0], request.POST.get("position", ""))
        else:
            return _refused("There is nothing of that name to do.", 400)
    except ApiError as error:
        return _refused(str(error), error.status)
    return HttpResponse(status=204) if "fetch" in request.POST else redirect(_back(request))


def _in_collection(user: User, verb: str, collection: str, item: str, position: str) -> None:
    which = {"user": user, "collection_id": collection, "item_id": item}
    if verb == "uncollect":
        collecting.remove_item(**which)
    else:
        place = int(position) if position.isascii() and position.isdigit() and len(position) < 6 else 0
        collecting.move_item(**which, position=place)


def _back(request: HttpRequest) -> str:
    """Where the button was; only to our own paths (battery W09)."""
    said = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(said, {request.get_host()}) and said.startswith("/")
    return said if is_ours else reverse("stuff")


def _refused(reason: str, status: int) -> HttpResponse:
    return HttpResponse(reason, status=status, content_type="text/plain; charset=utf-8")
