from django.contrib import admin
from django.http import HttpRequest

from collections_app.models import Collection, ContentItem


class ReadOnlyAdmin(admin.ModelAdmin):
    """What people keep is theirs: operators see who and when, and may delete."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(ContentItem)
class ContentItemAdmin(ReadOnlyAdmin):
    list_display = ("public_id", "user", "type", "title", "created_at", "deleted_at")
    list_filter = ("type",)
    search_fields = ("title", "user__email")
    list_select_related = ("user",)
    raw_id_fields = ("source_message",)


@admin.register(Collection)
class CollectionAdmin(ReadOnlyAdmin):
    list_display = ("public_id", "user", "name", "created_at")
    search_fields = ("name", "user__email")
    list_select_related = ("user",)
