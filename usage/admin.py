from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from usage.models import Reconciliation, UsageRecord
from usage.operators.ledger_list import DatedRows, FirstRows, FormatFilter, LedgerList
from usage.operators.views import usage_overview


class ReadOnly(admin.ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(UsageRecord)
class UsageRecordAdmin(ReadOnly):
    """The ledger is read here, never written."""

    list_display = (
        "public_id",
        "started_at",
        "user",
        "key",
        "model",
        "status",
        "input_tokens",
        "output_tokens",
        "cost",
    )
    list_filter = ("status", FormatFilter, "is_stream", "tokens_source")
    search_fields = ("id", "user__email", "model")
    date_hierarchy = "started_at"
    list_select_related = ("user", "key")
    paginator = FirstRows
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def get_queryset(self, request: HttpRequest) -> QuerySet[UsageRecord]:
        return DatedRows(UsageRecord)

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[LedgerList]:
        return LedgerList

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self._overview_page)
        return [path("overview/", page, name="usage_overview"), *super().get_urls()]

    def _overview_page(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return usage_overview(request, self.admin_site.each_context(request))


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnly):
    """Whether roll-ups, the ledger and stored answers agree; `manage.py reconcile_usage` asks anew."""

    list_display = ("started_at", "finished_at", "days", "how_many_checks", "how_many_findings")
    fields = ("started_at", "finished_at", "days", "made", "found")

    @admin.display(description="checks")
    def how_many_checks(self, run: Reconciliation) -> int:
        return len(run.checks)

    @admin.display(description="findings")
    def how_many_findings(self, run: Reconciliation) -> int:
        return len(run.findings)

    @admin.display(description="checks")
    def made(self, run: Reconciliation) -> str:
        return "\n".join(run.checks)

    @admin.display(description="findings")
    def found(self, run: Reconciliation) -> str:
        return "\n".join(run.findings) or "none"
