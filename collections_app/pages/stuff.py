"""`/stuff`: everything a person keeps, and each of them. Works without JavaScript; with it, the list narrows
while somebody types."""

from functools import partial
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import User
from collections_app import services
from collections_app.access import collections_of, counted, get_item, items_of
from collections_app.models import ItemType
from collections_app.pages.cards import cards, whole_card
from collections_app.pages.forms import CollectionForm, ItemForm
from collections_app.pages.looks import look_of, own_address, remember_look
from collections_app.reach import (
    Reach,
    editable_collections,
    reach_of_item,
    seen_collections,
    shared_with,
)
from collections_app.search import SORTS, Wanted, find_items
from portal.web.text import one_line

PER_PAGE = 24
MAX_SEARCH = 500
MAX_LISTED = 10_000
_PROMPTS = 8
MAX_SHARED = 100
form_page = require_http_methods(["GET", "HEAD", "POST"])


@login_required
@never_cache
@form_page
def stuff(request: HttpRequest) -> HttpResponse:
    """`part` asks for the list alone, `new` opens the form for an item of that type."""
    user = cast(User, request.user)
    if "part" in request.GET:
        return render(request, "collections_app/_list.html", _listed(request, user))
    form, is_open = ItemForm(initial={"type": _type(request, "new") or ItemType.NOTE}), "new" in request.GET
    if request.method == "POST":
        form = ItemForm(request.POST)
        made = form.is_valid() and form.done(partial(services.create_item, user=user))
        if made:
            messages.success(request, _("“%(title)s” is kept.") % {"title": made.title})
            return redirect("stuff")
    context = _listed(request, user)
    context |= {"form": form, "is_open": is_open or bool(form.errors), "collection_form": CollectionForm()}
    return remember_look(request, render(request, "collections_app/stuff.html", context))


@login_required
@never_cache
@require_safe
def item(request: HttpRequest, public_id: str) -> HttpResponse:
    user = cast(User, request.user)
    found = get_item(user, public_id, Reach.VIEW)
    is_own = found.user_id == user.pk
    context = {
        "card": whole_card(found, viewer=user),
        "is_own": is_own,
        "may_edit": reach_of_item(user, found) != Reach.VIEW,
        "inside": seen_collections(user).filter(items=found),
        "others": editable_collections(user).exclude(items=found) if is_own else [],
    }
    return render(request, "collections_app/item.html", context)


@login_required
@never_cache
@form_page
def edit(request: HttpRequest, public_id: str) -> HttpResponse:
    user = cast(User, request.user)
    found = get_item(user, public_id, Reach.EDIT)
    form = ItemForm(request.POST or None, item=found)
    change = partial(services.edit_item, item=found, by=user)
    if request.method == "POST" and form.is_valid() and form.done(change):
        messages.success(request, _("“%(title)s” is changed.") % {"title": found.title})
        return redirect("item", public_id)
    return render(request, "collections_app/edit.html", {"item": found, "form": form})


@login_required
@never_cache
@require_safe
def prompts(request: HttpRequest) -> HttpResponse:
    """For the composer: the prompts that fit what was typed, those changed last first."""
    text = one_line(request.GET.get("q", ""), MAX_SEARCH)
    user = cast(User, request.user)
    found = find_items(user, Wanted(search=text, type=ItemType.PROMPT))
    rows = found.ordered(None if text else "updated")[:_PROMPTS]
    return render(request, "collections_app/_prompts.html", {"cards": cards(rows, found.words, viewer=user)})


class _Pages(Paginator):
    """Nobody turns so many pages: that there are more is not counted out while somebody types."""

    @cached_property
    def count(self) -> int:
        return int(self.object_list.order_by()[:MAX_LISTED].count())


def _listed(request: HttpRequest, user: User) -> dict[str, Any]:
    text = one_line(request.GET.get("q", ""), MAX_SEARCH)
    kind, sort = _type(request, "type"), request.GET.get("sort", "")
    is_favorite, is_bin = "favorite" in request.GET, "bin" in request.GET
    wanted = Wanted(search=text, type=kind, favorite=True if is_favorite else None, deleted=is_bin)
    found = find_items(user, wanted)
    rows = found.ordered(sort if sort in SORTS else None)
    page = _Pages(rows, PER_PAGE).get_page(request.GET.get("page"))
    return {
        "search": text,
        "type": kind or "",
        "sort": sort,
        "is_favorite": is_favorite,
        "is_bin": is_bin,
        "types": ItemType.choices,
        "page": page,
        "cards": cards(page, found.words, viewer=user),
        "is_similar": found.is_similar,
        "is_empty": not page.paginator.count and not is_bin and not items_of(user).exists(),
        "collections": counted(collections_of(user)),
        "shared": [] if is_bin else counted(shared_with(user))[:MAX_SHARED],
        "back": own_address(request),
        "look": look_of(request),
    }


def _type(request: HttpRequest, name: str) -> str | None:
    said = request.GET.get(name, "").upper()
    return said if said in ItemType else None
