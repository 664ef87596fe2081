"""The security log, for operators."""

from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest

from accounts.models import SecurityEvent, User


@admin.register(SecurityEvent)
class SecurityEventAdmin(admin.ModelAdmin):
    """Read here, never written (battery P05)."""

    list_display = ("at", "what", "who", "by", "address", "details")
    list_filter = (("event", admin.AllValuesFieldListFilter),)
    search_fields = ("user__email", "actor__email", "address")
    date_hierarchy = "at"
    fields = ("at", "what", "who", "by", "address", "user_agent", "details")
    readonly_fields = fields

    @admin.display(description="event", ordering="event")
    def what(self, line: SecurityEvent) -> str:
        return line.label

    @admin.display(description="about")
    def who(self, line: SecurityEvent) -> str:
        return _name(line.user_id)

    @admin.display(description="by")
    def by(self, line: SecurityEvent) -> str:
        return _name(line.actor_id)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: SecurityEvent | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: SecurityEvent | None = None) -> bool:
        return False


def _name(user_id: UUID | None) -> str:
    """The account may be gone."""
    user = User.objects.filter(pk=user_id).first() if user_id else None
    return str(user or user_id or "")
