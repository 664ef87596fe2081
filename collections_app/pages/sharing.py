"""`/collections/{id}/sharing`: the link of a collection, and the people it is shared with. By one's own hand,
`/collections/{id}/leave`."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import User
from collections_app.access import get_collection
from collections_app.models import Collection
from collections_app.pages.forms import GuestForm
from collections_app.reach import Reach
from collections_app.sharing import services
from collections_app.sharing.access import get_guest, guests_of, link_of
from portal.web.errors import ApiError


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sharing(request: HttpRequest, public_id: str) -> HttpResponse:
    """Form field `do`: `link`, `revoke`, `invite` or `uninvite`. A new link is shown this once."""
    collection = get_collection(cast(User, request.user), public_id)
    form, url = GuestForm(), ""
    if request.method == "POST":
        verb = request.POST.get("do", "")
        if verb == "link":
            token = services.make_link(collection=collection)
            url = settings.BASE_URL + reverse("shared-collection", args=[token])
        else:
            if verb == "invite":
                form = GuestForm(request.POST)
            if _done(request, collection, verb, form):
                return redirect("collection-sharing", public_id)
    context = {
        "collection": collection,
        "form": form,
        "url": url,
        "link": link_of(collection),
        "guests": guests_of(collection),
    }
    return render(request, "collections_app/sharing.html", context)


def _done(request: HttpRequest, collection: Collection, verb: str, form: GuestForm) -> bool:
    try:
        if verb == "invite":
            return form.is_valid() and form.done(_inviting(collection)) is not None
        if verb == "revoke":
            services.revoke_link(collection=collection)
            messages.success(request, _("The link is revoked: nobody can open it any more."))
        elif verb == "uninvite":
            guest = get_guest(collection, request.POST.get("guest", ""))
            services.uninvite(guest=guest)
            words = _("%(email)s does not see the collection any more.")
            messages.success(request, words % {"email": guest.email})
    except ApiError as error:
        messages.error(request, str(error))
    return True


def _inviting(collection: Collection) -> Callable[..., Any]:
    return partial(services.invite, collection=collection)


@login_required
@require_POST
def leave(request: HttpRequest, public_id: str) -> HttpResponse:
    user = cast(User, request.user)
    collection = get_collection(user, public_id, Reach.VIEW)
    services.leave(user=user, collection=collection)
    messages.success(request, _("“%(name)s” is shared with you no more.") % {"name": collection.name})
    return redirect("stuff")
