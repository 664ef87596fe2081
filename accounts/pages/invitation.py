"""The page behind an invitation's link."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import invitations, signup_policy
from accounts.models import User


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """To look at it uses nothing up: mail programs look at links, too."""
    found = invitations.find(token)
    if found is None:
        raise Http404
    if request.method != "POST":
        return render(request, "accounts/invitation.html", {"invitation": found})
    if isinstance(request.user, User):
        if invitations.is_for(found.public_id, request.user.email):
            invitations.accept(user=request.user, invitation=found.public_id, request=request)
        return redirect("chat")
    signup_policy.remember_invitation(request, found.public_id)
    return redirect("account_signup")
