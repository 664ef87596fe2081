"""`/share/collections/{token}`, for whoever has the link: what is in the collection now, and nothing of whose
it is."""

from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from collections_app.collecting import items_in
from collections_app.files import file_of
from collections_app.models import ContentItem
from collections_app.pages.cards import Card, public_card
from collections_app.sharing.access import open_item, open_link
from portal.search.words import marked
from portal.web import downloads
from portal.web.errors import NotFound
from portal.web.public_links import public_page, unlisted

PER_PAGE = 24
# Seconds. Anybody may ask for an item as often as they like; it is rendered once.
_RENDERED_FOR = 600


@public_page
def collection(request: HttpRequest, token: str) -> HttpResponse:
    found = open_link(token)
    page = Paginator(items_in(found).select_related("user"), PER_PAGE).get_page(request.GET.get("page"))
    cards = [public_card(item, _file_address(token, item)) for item in page]
    context = {"collection": found, "page": page, "cards": cards, "token": token}
    return render(request, "collections_app/shared.html", context)


@public_page
def item(request: HttpRequest, token: str, public_id: str) -> HttpResponse:
    found, collection = open_item(token, public_id), open_link(token)
    context = {"card": _whole(token, found), "collection": collection, "token": token}
    return render(request, "collections_app/shared_item.html", context)


@require_safe
@unlisted
def file(request: HttpRequest, token: str, public_id: str) -> HttpResponseBase:
    """As it came; `view` and `small` ask for the portal's own drawing of an image."""
    stored = file_of(open_item(token, public_id))
    if stored is None:
        raise NotFound("There is nothing behind this link.")
    if "view" not in request.GET and "small" not in request.GET:
        body = stored.open()
        return downloads.attachment(body, name=stored.name, content_type=stored.media_type, size=stored.size)
    picture = stored.picture("small" in request.GET)
    if picture is None:
        raise NotFound("There is nothing behind this link.")
    return downloads.inline(picture[0], content_type=picture[1])


def _whole(token: str, item: ContentItem) -> Card:
    key = f"shared-item:{item.pk}:{item.updated_at.timestamp()}"
    rendered: dict[str, SafeString | None] | None = cache.get(key)
    if rendered is not None:
        return Card(item, marked(item.title, ()), **rendered)
    card = public_card(item, _file_address(token, item), is_whole=True)
    if not card.href:
        rendered = {"code": card.code, "note": card.note, "text": card.text}
        cache.set(key, rendered, _RENDERED_FOR)
    return card


def _file_address(token: str, item: ContentItem) -> str:
    return reverse("shared-file", args=[token, item.public_id])
