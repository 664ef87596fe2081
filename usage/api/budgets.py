"""`GET /api/usage/budgets`: what caps this month's use, and how much of it is left."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.web.reading import Query, read_query
from portal.web.times import rfc3339
from usage.budgets.standing import Budget, budgets_of


class Budgets(APIView):
    def get(self, request: Request) -> Response:
        read_query(request, Query)
        return Response({"data": [budget_object(budget) for budget in budgets_of(request.user)]})


def budget_object(budget: Budget) -> dict[str, Any]:
    """Amounts in the portal's currency, or in tokens."""
    number = float if budget.unit == "cost" else int
    return {
        "scope": budget.payer.kind,
        "group": budget.payer.name or None,
        "unit": budget.unit,
        "limit": number(budget.limit),
        "spent": number(budget.spent),
        "reserved": number(budget.reserved),
        "remaining": number(budget.remaining),
        "percent": budget.percent,
        "softPercent": budget.soft_percent,
        "periodStart": rfc3339(budget.since),
        "periodEnd": rfc3339(budget.until),
    }
