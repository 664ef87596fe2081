"""The ledger's rows one by one, in the admin. Nothing there reads all of them to count or to offer dates."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Max, Min, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property

from usage.models import UsageRecord
from usage.models.ledger import UsageRecords

# Rows that can be paged through; who looks for another one narrows the list down.
MOST = 10_000
_NEWEST = 1_000
_FIRST_OF: Mapping[str, Mapping[str, int]] = {"year": {"month": 1, "day": 1}, "month": {"day": 1}, "day": {}}


class FirstRows(Paginator):
    """Counts no further than `MOST`."""

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by()[:MOST].count()

    @property
    def is_cut(self) -> bool:
        return self.count == MOST


class LedgerList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        is_narrowed = bool(self.query or self.get_filters_params())
        if self.paginator.is_cut or not is_narrowed:
            # Beside the search it is not told how many were found: that is not known, or nothing was asked.
            self.full_result_count = self.result_count


class DatedRows(UsageRecords):
    def datetimes(self, field_name: str, kind: str, *_: Any, **__: Any) -> list[date]:  # type: ignore[override]
        """What the date hierarchy offers: each year, month or day from the first row to the last, which an
        index knows. In which of them there are rows, only all rows would tell."""
        edges = self.order_by().aggregate(first=Min(field_name), last=Max(field_name))
        if edges["first"] is None:
            return []
        first, last = (timezone.localdate(edges[name]) for name in ("first", "last"))
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        return sorted({day.replace(**_FIRST_OF[kind]) for day in days})


class FormatFilter(SimpleListFilter):
    """Offers the formats of the newest rows."""

    title = parameter_name = "format"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[UsageRecord]") -> list[tuple[str, str]]:
        newest = UsageRecord.objects.order_by("-started_at").values_list("format", flat=True)
        return [(name, name) for name in sorted(set(newest[:_NEWEST]))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[UsageRecord]) -> QuerySet[UsageRecord]:
        return queryset.filter(format=self.value()) if self.value() else queryset
