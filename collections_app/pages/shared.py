"""`/share/collections/{token}`, for whoever has the link: what is in the collection now, and nothing of whose
it is."""

from csp.constants import NONE, SELF
from csp.decorators import csp_replace
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

PER_PAGE = 24
_POLICY = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF],
    "connect-src": [NONE],
    "form-action": [NONE],
}
# Seconds. Anybody may ask for an item as often as they like; it is rendered once.
_RENDERED_FOR = 600


@require_safe
@csp_replace(_POLICY)
def collection(request: HttpRequest, token: str) -> HttpResponse:
    found = open_link(token)
    page = Paginator(items_in(found).select_related("user"), PER_PAGE).get_page(request.GET.get("page"))
    cards = [public_card(item, _file_address(token, item)) for item in page]
    context = {"collection": found, "page": page, "cards": cards, "token": token}
    return _unlisted(render(request, "collections_app/shared.html", context))


@require_safe
@csp_replace(_POLICY)
def item(request: HttpRequest, token: str, public_id: str) -> HttpResponse:
    found, collection = open_item(token, public_id), open_link(token)
    context = {"card": _whole(token, found), "collection": collection, "token": token}
    return _unlisted(render(request, "collections_app/shared_item.html", context))


@require_safe
def file(request: HttpRequest, token: str, public_id: str) -> HttpResponseBase:
    """As it came; `view` and `small` ask for the portal's own drawing of an image."""
    stored = file_of(open_item(token, public_id))
    if stored is None:
        raise NotFound("There is nothing behind this link.")
    if "view" not in request.GET and "small" not in request.GET:
        body = stored.open()
        response: HttpResponseBase = downloads.attachment(
            body, name=stored.name, content_type=stored.media_type, size=stored.size
        )
    else:
        picture = stored.picture("small" in request.GET)
        if picture is None:
            raise NotFound("There is nothing behind this link.")
        response = downloads.inline(picture[0], content_type=picture[1])
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


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


def _unlisted(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    # Revoked means gone: nobody's copy may be shown without asking us.
    response["Cache-Control"] = "private, no-cache"
    response["Referrer-Policy"] = "no-referrer"
    return response
