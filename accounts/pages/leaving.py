"""`/profile/data` and `/profile/delete`: taking one's data along, and going."""

from typing import cast

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.data_export import begin_export, exports_of, open_export
from accounts.deletion import request_deletion, undo_deletion
from accounts.models import User
from accounts.pages.forms import DeletionForm
from portal.web.downloads import attachment


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def data(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    if request.method == "POST":
        begin_export(user=user, request=request)
        return redirect("data")
    context = {
        "export": next(iter(exports_of(user)), None),
        "export_days": settings.EXPORT_LIFETIME.days,
        "grace_days": settings.DELETION_GRACE.days,
    }
    template = "accounts/_export.html" if "part" in request.GET else "accounts/data.html"
    return render(request, template, context)


@login_required
@require_safe
def download(request: HttpRequest, public_id: str) -> HttpResponseBase:
    export, file = open_export(user=cast(User, request.user), public_id=public_id, request=request)
    name = f"llm-portal-{export.created_at:%Y-%m-%d}.zip"
    return attachment(file, name=name, content_type="application/zip", size=export.size)


@login_required
@never_cache
@reauthentication_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    form = DeletionForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        request_deletion(user=user, request=request)
        logout(request)
        return redirect("goodbye")
    context = {"form": form, "grace_days": settings.DELETION_GRACE.days}
    return render(request, "accounts/delete.html", context)


@never_cache
@require_safe
def goodbye(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/goodbye.html", {"grace_days": settings.DELETION_GRACE.days})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    if user.deletion_due_at is None:
        return redirect("profile")
    if request.method == "POST":
        undo_deletion(user=user, request=request)
        messages.success(request, _("Your account stays. Welcome back."))
        return redirect("profile")
    return render(request, "accounts/undo_deletion.html", {"due_at": user.deletion_due_at})
