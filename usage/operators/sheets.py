"""The tables as CSV, whole."""

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.http import HttpResponse

from portal.web.spreadsheets import cell
from usage.budgets.forecast import forecast
from usage.operators.budgets import Named
from usage.reports import Figures

_FIGURES = (
    "requests",
    "errors",
    "errorRate",
    "inputTokens",
    "outputTokens",
    "cost",
    "latencyP50Ms",
    "latencyP95Ms",
    "firstTokenP50Ms",
)
_BUDGETS = ("scope", "name", "unit", "limit", "spent", "reserved", "percent", "forecast")


def figures_sheet(name: str, rows: Iterable[tuple[str, Figures]]) -> HttpResponse:
    """`errorRate` in percent, cost in the portal's currency."""
    return _sheet(
        name,
        ("name", *_FIGURES),
        (
            (
                text,
                each.requests,
                each.errors,
                each.error_rate,
                each.input_tokens,
                each.output_tokens,
                f"{each.cost:f}",
                each.latency.p50,
                each.latency.p95,
                each.first_token.p50,
            )
            for text, each in rows
        ),
    )


def budgets_sheet(found: Iterable[Named], now: datetime) -> HttpResponse:
    """`forecast` for the month's end, in the budget's unit; empty while it is too early for one."""
    return _sheet("budgets", _BUDGETS, (_budget(each, now) for each in found))


def _budget(named: Named, now: datetime) -> Sequence[object]:
    budget, expected = named.budget, forecast(named.budget, now)
    amounts = (f"{amount:f}" for amount in (budget.limit, budget.spent, budget.reserved))
    at_end = f"{expected.at_end:.2f}" if expected else ""
    return (budget.payer.kind, named.name.text, budget.unit, *amounts, budget.percent, at_end)


def _sheet(name: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="usage-{name}.csv"'
    writer = csv.writer(response)
    writer.writerow(heads)
    writer.writerows([cell(value) for value in row] for row in rows)
    return response
