from django.contrib import admin
from django.http import HttpRequest

from chat.models import Message, Session


class ReadOnlyAdmin(admin.ModelAdmin):
    """What people wrote is theirs: operators see who and when, and may delete."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Session)
class SessionAdmin(ReadOnlyAdmin):
    list_display = ("public_id", "user", "title", "model", "created_at", "updated_at")
    search_fields = ("title", "user__email")
    list_select_related = ("user",)


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = (
        "public_id",
        "session",
        "role",
        "status",
        "model",
        "input_tokens",
        "output_tokens",
        "created_at",
    )
    list_filter = ("role", "status")
    search_fields = ("session__user__email",)
    list_select_related = ("session",)
