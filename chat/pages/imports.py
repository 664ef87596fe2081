"""`/chat/import`: conversations from elsewhere."""

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from accounts.access import User
from chat.imports.quota import limit_upload, require_file
from chat.imports.services import import_chats
from portal.web.errors import BadParameter


@csrf_exempt
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def import_page(request: HttpRequest) -> HttpResponse:
    """The token is checked below: looking for it reads the body, whose size must be limited first."""
    limit_upload(request)
    return _page(request)


@csrf_protect
def _page(request: HttpRequest) -> HttpResponse:
    context: dict[str, Any] = {}
    if request.method == "POST":
        try:
            file = request.FILES.get("file")
            require_file(file)
            context["report"] = import_chats(user=cast(User, request.user), file=file.file)
        except BadParameter as error:
            context["error"] = str(error)
    template = "chat/_import_report.html" if "part" in request.GET else "chat/import.html"
    return render(request, template, context, status=400 if "error" in context else 200)
