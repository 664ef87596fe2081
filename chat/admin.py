from django import forms
from django.contrib import admin
from django.http import HttpRequest

from chat.models import Deployment, Message, PublicModel, Session, Upstream


class UpstreamForm(forms.ModelForm):
    """The credential goes in and never comes out: left empty, the stored one stays."""

    credential = forms.CharField(
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Encrypted, never shown again. Leave empty to keep what is stored.",
    )

    class Meta:
        model = Upstream
        fields = (
            "name",
            "kind",
            "base_url",
            "credential",
            "extra_headers",
            "first_byte_timeout",
            "idle_timeout",
            "total_timeout",
            "max_concurrency",
            "max_queue",
            "queue_timeout",
            "is_enabled",
        )

    def clean_credential(self) -> str:
        return self.cleaned_data["credential"] or self.instance.credential


@admin.register(Upstream)
class UpstreamAdmin(admin.ModelAdmin):
    form = UpstreamForm
    list_display = ("name", "kind", "base_url", "is_enabled")
    list_filter = ("kind", "is_enabled")
    fieldsets = (
        (None, {"fields": ("name", "kind", "base_url", "credential", "extra_headers", "is_enabled")}),
        ("Deadlines", {"fields": ("first_byte_timeout", "idle_timeout", "total_timeout")}),
        ("Concurrency", {"fields": ("max_concurrency", "max_queue", "queue_timeout")}),
    )


class DeploymentInline(admin.TabularInline):
    model = Deployment
    extra = 0


@admin.register(PublicModel)
class PublicModelAdmin(admin.ModelAdmin):
    list_display = ("name", "owned_by", "input_price", "output_price", "position", "is_enabled")
    list_editable = ("position", "is_enabled")
    search_fields = ("name",)
    filter_horizontal = ("groups",)
    inlines = (DeploymentInline,)


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
