"""A collection to take along, and `/collections/import`, where files become collections."""

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import User
from collections_app.access import get_collection
from collections_app.exchange.definition import MAX_UPLOAD
from collections_app.exchange.exporting import export
from collections_app.exchange.importing import import_file
from collections_app.reach import Reach
from portal.web.errors import ApiError, BadParameter
from portal.web.uploads import limit_upload

_MOST = MAX_UPLOAD // 1024 // 1024


@login_required
@require_safe
def archive(request: HttpRequest, public_id: str) -> HttpResponseBase:
    return _exported(request, public_id, "zip")


@login_required
@require_safe
def markdown(request: HttpRequest, public_id: str) -> HttpResponseBase:
    return _exported(request, public_id, "markdown")


def _exported(request: HttpRequest, public_id: str, format: str) -> HttpResponseBase:
    user = cast(User, request.user)
    collection = get_collection(user, public_id, Reach.VIEW)
    try:
        return export(user, collection, format)
    except ApiError as error:
        context = {"collection": collection, "error": str(error)}
        return render(request, "collections_app/export_failed.html", context, status=error.status)


@csrf_exempt
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def import_page(request: HttpRequest) -> HttpResponse:
    """The token is checked below: looking for it reads the body, whose size must be limited first."""
    limit_upload(request, MAX_UPLOAD)
    return _page(request)


@csrf_protect
def _page(request: HttpRequest) -> HttpResponse:
    """`into` names the collection that things go into."""
    user, into = cast(User, request.user), request.GET.get("into") or None
    context: dict[str, Any] = {"into": into and get_collection(user, into, Reach.EDIT), "most": _MOST}
    status = 200
    if request.method == "POST":
        try:
            file = request.FILES.get("file")
            if file is None:
                words = _("Choose a ZIP or Markdown file of at most %(number)d MB.")
                raise BadParameter(words % {"number": _MOST})
            context["report"] = import_file(
                user=user, file=file.file, name=file.name or "", collection_id=into
            )
        except ApiError as error:
            context["error"], status = str(error), error.status
    template = "_import_report.html" if "part" in request.GET else "import.html"
    return render(request, f"collections_app/{template}", context, status=status)
