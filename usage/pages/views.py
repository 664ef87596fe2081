"""`/usage`: what a person has used. All it shows is in its address, so that it works without JavaScript;
with it the script asks for parts of the page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import User
from portal.web.errors import BadParameter
from portal.web.pagination import PageQuery
from usage.budgets.standing import budgets_of
from usage.dashboard.addresses import PERIOD, kept
from usage.dashboard.asked import NAMES, Asked, asked
from usage.dashboard.budget_bars import budget_bars
from usage.dashboard.overview import overview
from usage.dashboard.recent import RecentRequests, recent_requests
from usage.dashboard.zones import Zone, zone_of
from usage.pages.export import export_address
from usage.pages.filters import FILTERS, Filters, filters_of, keys_among, scope_of
from usage.pages.tables import by_key, by_model
from usage.reports import Scope, choices, digest

_PARTS = {"usage": "usage/_usage.html", "recent": "usage/_recent_rows.html"}


@dataclass(frozen=True)
class _Reader:
    user: User
    zone: Zone
    now: datetime


@login_required
@never_cache
@require_safe
def usage(request: HttpRequest) -> HttpResponse:
    """`part` asks for one alone: `usage`, all below the heading; `recent`, rows of the list from `cursor` on.
    With `seen`, what was seen last, the answer is 204 if that is still so."""
    reader = _Reader(cast(User, request.user), zone_of(request), timezone.now())
    with timezone.override(reader.zone.zone):
        scope = scope_of(reader.user, request.GET)
        template = _PARTS.get(request.GET.get("part", ""), "usage/page.html")
        try:
            asked_for = asked(request.GET, reader.now, reader.zone.zone)
            recent = _recent(request, scope, asked_for)
        except BadParameter as error:
            ever = choices(reader.user)
            context = _frame(request, reader, filters_of(scope, ever, keys_among(ever, scope)))
            # Of that part it is the content: what was typed is in it, and why it will not do.
            status = 200 if template == _PARTS["usage"] else 400
            return render(request, template, {**context, "error": error}, status=status)
        if request.GET.get("seen") == recent.fingerprint:
            return HttpResponse(status=204)
        context = {"asked": asked_for, "recent": recent, "recent_rows": recent.rows(reader.user)}
        if request.GET.get("part") != "recent":
            context |= _all(request, reader, scope, asked_for)
        return render(request, template, context)


def _frame(request: HttpRequest, reader: _Reader, filters: Filters) -> dict[str, Any]:
    return {
        "filters": filters,
        "kept_filters": kept(request.GET, FILTERS),
        "kept_period": kept(request.GET, PERIOD),
        "period_names": NAMES,
        "zone": reader.zone,
        "base_url": settings.BASE_URL,
        "default_model": settings.DEFAULT_MODEL,
    }


def _recent(request: HttpRequest, scope: Scope, asked_for: Asked) -> RecentRequests:
    query = PageQuery(cursor=request.GET.get("cursor") or None)
    return recent_requests(scope, asked_for.period, query)


def _all(request: HttpRequest, reader: _Reader, scope: Scope, asked_for: Asked) -> dict[str, Any]:
    found = digest(scope, asked_for.period, asked_for.bucket, reader.zone.zone)
    keys = keys_among(found.ever, scope)
    frame = _frame(request, reader, filters_of(scope, found.ever, keys))
    return frame | {
        "overview": overview(found.series, found.before, asked_for),
        "budgets": budget_bars(budgets_of(reader.user, reader.now), reader.now),
        "by_model": by_model(found.by_model, request.GET),
        "by_key": by_key(found.by_key, keys, request.GET),
        "is_live": asked_for.period.until >= reader.now,
        "export": export_address(scope, asked_for),
    }
