"""`/profile/browsers` and `/profile/log`: where somebody is signed in, and what happened to their account."""

from typing import cast

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.browsers.access import browsers_of, get_browser
from accounts.browsers.devices import describe
from accounts.browsers.services import sign_out_browser, sign_out_others
from accounts.models import SecurityEvent, User
from accounts.security_log import events_of
from portal.web.ids import decode

LINES = 50
_DETAILS = {
    "address": pgettext_lazy("security log", "address"),
    "browsers": pgettext_lazy("security log", "browsers"),
    "changed": pgettext_lazy("security log", "changed"),
    "changes": pgettext_lazy("security log", "changes"),
    "email": pgettext_lazy("security log", "e-mail"),
    "from": pgettext_lazy("security log", "from"),
    "kind": pgettext_lazy("security log", "kind"),
    "name": pgettext_lazy("security log", "name"),
    "provider": pgettext_lazy("security log", "provider"),
    "to": pgettext_lazy("security log", "to"),
    "what": pgettext_lazy("security log", "what"),
}


@login_required
@never_cache
@require_safe
def browsers(request: HttpRequest) -> HttpResponse:
    found = browsers_of(cast(User, request.user), request.session.session_key)
    return render(request, "accounts/browsers.html", {"browsers": found})


@login_required
@require_POST
def end_browser(request: HttpRequest, browser_id: int) -> HttpResponse:
    user = cast(User, request.user)
    browser = get_browser(user, browser_id)
    if browser.session_key == request.session.session_key:
        logout(request)
        return redirect("account_login")
    sign_out_browser(user=user, browser=browser, request=request)
    messages.success(request, _("That browser is signed out."))
    return redirect("browsers")


@login_required
@require_POST
def end_other_browsers(request: HttpRequest) -> HttpResponse:
    count = sign_out_others(user=cast(User, request.user), request=request)
    text = ngettext("%d other browser is signed out.", "%d other browsers are signed out.", count)
    messages.success(request, text % count)
    return redirect("browsers")


@login_required
@never_cache
@require_safe
def log(request: HttpRequest) -> HttpResponse:
    rows = events_of(cast(User, request.user))
    before = decode(SecurityEvent.id_prefix, request.GET.get("before", ""))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    lines = list(rows[: LINES + 1])
    context = {
        "lines": [_line(line) for line in lines[:LINES]],
        "next": lines[LINES - 1].public_id if len(lines) > LINES else None,
    }
    return render(request, "accounts/log.html", context)


def _line(line: SecurityEvent) -> dict[str, object]:
    by_somebody_else = line.actor_id is not None and line.actor_id != line.user_id
    return {
        "at": line.at,
        "label": line.label,
        "is_warning": line.event.endswith("_failed"),
        "address": line.address,
        # An operator's own browser is not the person's business.
        "device": "" if by_somebody_else or not line.user_agent else describe(line.user_agent),
        "by_operator": by_somebody_else,
        "details": [
            (_DETAILS.get(name, name), _text(value))
            for name, value in line.details.items()
            if _says_something(name, value)
        ],
    }


def _says_something(name: str, value: object) -> bool:
    """Ids are for operators."""
    return name not in ("export", "invitation", "object", "key") and value not in (None, "", [])


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
