"""`/profile/security`: how the person signs in."""

from typing import Any

from allauth.account.utils import get_next_redirect_url
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.models import Event
from accounts.security_log import record
from accounts.two_factor import backup_codes, enrolment, passkeys, trust
from accounts.two_factor.devices import authenticator_of, get_passkey, has_second_factor, passkeys_of
from accounts.two_factor.policy import is_required
from accounts.two_factor.recency import require_recent
from portal.web.errors import ApiError, NotFound


@never_cache
@login_required
def security(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    return render(
        request,
        "accounts/security.html",
        {
            "authenticator": authenticator_of(user),
            "passkeys": passkeys_of(user),
            "passkeys_are_possible": passkeys.are_possible(request),
            "codes_left": len(backup_codes.codes_of(user)),
            "browsers": trust.browsers_of(user),
            "has_second_factor": has_second_factor(user),
            "is_required": is_required(user),
        },
    )


@never_cache
@login_required
def codes(request: HttpRequest) -> HttpResponse:
    """Shows those that are left; POST makes new ones."""
    user: Any = request.user
    require_recent(request)
    if not has_second_factor(user):
        return redirect("security")
    if request.method == "POST":
        backup_codes.renew_codes(user=user)
        messages.success(request, _("These are your new backup codes. The old ones are void."))
        return redirect("backup-codes")
    record(user=user, event=Event.BACKUP_CODES_VIEWED, request=request)
    onward = get_next_redirect_url(request) or reverse("security")
    context = {"codes": backup_codes.codes_of(user), "can_renew": True, "onward": onward}
    return render(request, "account/backup_codes.html", context)


@require_POST
@login_required
def remove_authenticator(request: HttpRequest) -> HttpResponse:
    require_recent(request)
    device = authenticator_of(request.user)  # type: ignore[arg-type]
    if device is None:
        raise NotFound("There is no authenticator app.")
    return _removed(request, device, _("The authenticator app is removed."))


@require_POST
@login_required
def remove_passkey(request: HttpRequest, number: int) -> HttpResponse:
    require_recent(request)
    passkey = get_passkey(request.user, number)  # type: ignore[arg-type]
    return _removed(request, passkey, _("The passkey is removed."))


@require_POST
@login_required
def rename_passkey(request: HttpRequest, number: int) -> HttpResponse:
    passkey = get_passkey(request.user, number)  # type: ignore[arg-type]
    try:
        passkey.name = passkeys.checked_name(request.POST.get("name", ""))
    except ApiError as error:
        messages.error(request, str(error))
    else:
        passkey.save(update_fields=["name"])
    return redirect("security")


@require_POST
@login_required
def forget_browser(request: HttpRequest, public_id: str) -> HttpResponse:
    trust.forget_browser(user=request.user, public_id=public_id)  # type: ignore[arg-type]
    messages.success(request, _("That browser is asked for your second factor again."))
    return redirect("security")


def _removed(request: HttpRequest, device: Any, message: str) -> HttpResponse:
    user: Any = request.user
    was_shown_here = device.persistent_id == request.user.otp_device.persistent_id  # type: ignore[union-attr]
    try:
        enrolment.remove_device(user=user, device=device)
    except ApiError as error:
        messages.error(request, str(error))
    else:
        if was_shown_here:
            enrolment.keep_session(request, user=user)
        messages.success(request, message)
    return redirect("security")
