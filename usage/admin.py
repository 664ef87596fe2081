from django.contrib import admin
from django.http import HttpRequest

from usage.models import UsageRecord


@admin.register(UsageRecord)
class UsageRecordAdmin(admin.ModelAdmin):
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
    list_filter = ("status", "format", "is_stream", "tokens_source")
    search_fields = ("id", "user__email", "model")
    date_hierarchy = "started_at"
    list_select_related = ("user", "key")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: UsageRecord | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: UsageRecord | None = None) -> bool:
        return False
