"""`/profile`: who somebody is here, and how they like it."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import preferences_of
from accounts.models import User
from accounts.pages.forms import ProfileForm, initial
from accounts.profile import pictures, services
from portal.web.downloads import inline
from portal.web.errors import BadParameter, NotFound


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    form = ProfileForm(request.POST or None, user=user, initial=initial(user, preferences_of(user)))
    if request.method == "POST" and form.is_valid():
        try:
            services.update_profile(user=user, changes=form.cleaned_data)
        except BadParameter as error:
            form.add_error(error.param, str(error))
        else:
            # The answer is in the language just chosen.
            with translation.override(form.cleaned_data["language"] or translation.get_language()):
                messages.success(request, _("Saved."))
            return redirect("profile")
    return render(request, "accounts/profile.html", {"form": form})


@login_required
@require_safe
def picture(request: HttpRequest) -> HttpResponse:
    chosen = preferences_of(cast(User, request.user))
    if not chosen.picture:
        raise NotFound("There is no picture.")
    with chosen.picture.open("rb") as file:
        return inline(file.read(), content_type=pictures.CONTENT_TYPE)


@login_required
@require_POST
def change_picture(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    try:
        if "picture" not in request.FILES:
            raise BadParameter(_("Choose a picture first."), "picture")
        services.change_picture(user=user, upload=request.FILES["picture"])
    except BadParameter as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("This is your new picture."))
    return redirect("profile")


@login_required
@require_POST
def remove_picture(request: HttpRequest) -> HttpResponse:
    services.remove_picture(user=cast(User, request.user))
    messages.success(request, _("Your picture is gone."))
    return redirect("profile")


@login_required
@require_POST
def change_theme(request: HttpRequest) -> HttpResponse:
    """What the account menu's theme button sends."""
    try:
        services.update_profile(
            user=cast(User, request.user), changes={"theme": request.POST.get("theme", "")}
        )
    except BadParameter as error:
        return HttpResponse(str(error), status=400, content_type="text/plain")
    return HttpResponse(status=204)
