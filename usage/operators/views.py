"""`/admin/usage/usagerecord/overview/`: whoever may see the ledger's rows sees what they add up to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal.web.errors import BadParameter
from portal.web.pagination import PageQuery
from usage.dashboard.addresses import PERIOD, changed, kept
from usage.dashboard.asked import NAMES, Asked, asked
from usage.dashboard.budget_bars import budget_bars
from usage.dashboard.overview import overview
from usage.dashboard.recent import recent_requests
from usage.dashboard.zones import Zone, zone_of
from usage.operators.budgets import budgets
from usage.operators.filters import FILTERS, Filters, filters_of
from usage.operators.sheets import budgets_sheet, figures_sheet
from usage.operators.tables import TABLES, table, whole_table
from usage.reports import series, totals

_BUDGETS_SHOWN = 12


@dataclass(frozen=True)
class _Question:
    filters: Filters
    asked: Asked
    now: datetime
    zone: ZoneInfo


@never_cache
@require_safe
def usage_overview(request: HttpRequest, frame: dict[str, Any]) -> HttpResponse:
    """`frame` is what the admin's pages share. `table` asks for one of the tables as CSV; `part` and `seen`
    are those of `/usage`."""
    zone, now = zone_of(request), timezone.now()
    with timezone.override(zone.zone):
        template = "admin/usage/_usage.html" if "part" in request.GET else "admin/usage/overview.html"
        context = {**frame, **_controls(request, zone)}
        try:
            asked_for = asked(request.GET, now, zone.zone)
            question = _Question(filters_of(request.GET, asked_for.period), asked_for, now, zone.zone)
        except BadParameter as error:
            status = 200 if "part" in request.GET else 400
            return render(request, template, {**context, "error": error}, status=status)
        name = request.GET.get("table", "")
        if name in TABLES:
            return figures_sheet(name, whole_table(name, question.filters.scope, asked_for.period))
        if name == "budgets":
            return budgets_sheet(budgets(question.filters, now), now)
        return _page(request, template, context, question)


def _controls(request: HttpRequest, zone: Zone) -> dict[str, Any]:
    return {
        "title": "Usage",
        "zone": zone,
        "period_names": NAMES,
        "kept_filters": kept(request.GET, FILTERS),
        "kept_period": kept(request.GET, PERIOD),
    }


def _page(request: HttpRequest, template: str, context: dict[str, Any], question: _Question) -> HttpResponse:
    scope, period = question.filters.scope, question.asked.period
    recent = recent_requests(scope, period, PageQuery())
    if request.GET.get("seen") == recent.fingerprint:
        return HttpResponse(status=204)
    points = series(scope, period, question.asked.bucket, question.zone)
    found = budgets(question.filters, question.now)
    shown = {each.budget: each.name for each in found[:_BUDGETS_SHOWN]}
    return render(
        request,
        template,
        {
            **context,
            "asked": question.asked,
            "filters": question.filters,
            "recent": recent,
            "is_live": period.until >= question.now,
            "overview": overview(points, totals(scope, period.previous()), question.asked),
            "tables": {name: table(name, scope, period, request.GET) for name in TABLES},
            "sheets": {name: changed(request.GET, table=name) for name in (*TABLES, "budgets")},
            "budgets": budget_bars(list(shown), question.now, shown.__getitem__),
            "more_budgets": max(0, len(found) - _BUDGETS_SHOWN),
        },
    )
