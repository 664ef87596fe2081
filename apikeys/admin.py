from django.contrib import admin
from django.http import HttpRequest

from apikeys.models import ApiKey


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):
    """Keys are made by their owners: the secret is nobody else's to see. Operators bound and stop them."""

    list_display = ("name", "hint", "user", "status", "created_at", "last_used_at", "expires_at")
    list_filter = ("is_enabled", "revoked_at", "expires_at")
    search_fields = ("name", "hint", "user__email")
    list_select_related = ("user",)
    readonly_fields = (
        "user",
        "hint",
        "permissions",
        "ip_whitelist",
        "allowed_models",
        "created_at",
        "last_used_at",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False
