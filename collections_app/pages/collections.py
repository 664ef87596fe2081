"""`/collections/{id}`: what is in a collection, in its owner's order."""

from functools import partial
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import User
from collections_app import collecting
from collections_app.access import collections_of, get_collection
from collections_app.pages.cards import cards
from collections_app.pages.forms import CollectionForm
from collections_app.pages.looks import look_of, own_address, remember_look
from collections_app.reach import Reach, reach_of
from collections_app.search import Wanted, find_items
from portal.web.text import one_line

PER_PAGE = 48
MAX_SEARCH = 500
form_page = require_http_methods(["GET", "HEAD", "POST"])


@login_required
@never_cache
@require_safe
def collection(request: HttpRequest, public_id: str) -> HttpResponse:
    """`part` asks for the list alone."""
    user = cast(User, request.user)
    found = get_collection(user, public_id, Reach.VIEW)
    reach = reach_of(user, found) or Reach.VIEW
    text = one_line(request.GET.get("q", ""), MAX_SEARCH)
    hits = find_items(user, Wanted(search=text, collection_id=public_id)) if text else None
    rows = hits.ordered(None) if hits else collecting.items_in(found)
    rows = rows.select_related("user")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    places = enumerate(cards(page, hits.words if hits else (), viewer=user), page.start_index() - 1)
    context = {
        "collection": found,
        "is_own": reach == Reach.OWN,
        "may_edit": reach >= Reach.EDIT,
        "page": page,
        "placed": [(card, place - 1, place + 1) for place, card in places],
        "search": text,
        "is_similar": hits is not None and hits.is_similar,
        "back": own_address(request),
        "look": look_of(request),
        "others": collections_of(user).exclude(pk=found.pk) if reach == Reach.OWN else [],
    }
    template = "_collection.html" if "part" in request.GET else "collection.html"
    return remember_look(request, render(request, f"collections_app/{template}", context))


@login_required
@never_cache
@form_page
def new(request: HttpRequest) -> HttpResponse:
    form = CollectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = form.done(partial(collecting.create_collection, user=cast(User, request.user)))
        if made:
            return redirect("collection", made.public_id)
    return render(request, "collections_app/collection_form.html", {"form": form})


@login_required
@never_cache
@form_page
def edit(request: HttpRequest, public_id: str) -> HttpResponse:
    found = get_collection(cast(User, request.user), public_id)
    form = CollectionForm(request.POST or None, collection=found)
    if request.method == "POST" and form.is_valid():
        changed = form.done(partial(collecting.edit_collection, collection=found))
        if changed:
            return redirect("collection", public_id)
    return render(request, "collections_app/collection_form.html", {"form": form, "collection": found})


@login_required
@never_cache
@form_page
def delete(request: HttpRequest, public_id: str) -> HttpResponse:
    found = get_collection(cast(User, request.user), public_id)
    if request.method == "POST":
        collecting.delete_collection(collection=found)
        messages.success(request, _("“%(name)s” is deleted. What was in it stays.") % {"name": found.name})
        return redirect("stuff")
    return render(request, "collections_app/collection_delete.html", {"collection": found})
