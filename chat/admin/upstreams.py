from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse

from chat.admin.import_page import import_page
from chat.admin.secret_headers import SecretHeadersField
from chat.catalogue.probes import Result, probe_upstreams
from chat.models import Upstream


class UpstreamForm(forms.ModelForm):
    """Credential and headers go in and never come out: what is left empty or masked stays stored.

    It stays only for the server it was meant for: a new address needs it entered anew.
    """

    credential = forms.CharField(
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Encrypted, never shown again. Leave empty to keep what is stored.",
    )
    forget_credential = forms.BooleanField(required=False, help_text="Removes the stored credential.")
    extra_headers = SecretHeadersField(
        required=False,
        help_text='Sent with every call, such as {"x-team": "research"}. Encrypted; values are never shown '
        "again: leave them masked to keep what is stored.",
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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Validation writes into the instance: what is stored is looked at before.
        self._stored = {
            name: getattr(self.instance, name) for name in ("base_url", "credential", "extra_headers")
        }
        headers = self.fields["extra_headers"]
        assert isinstance(headers, SecretHeadersField)  # noqa: S101
        headers.stored = self._stored["extra_headers"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        typed = data.get("credential", "")
        keeps = self._stored["credential"] and not typed and not data.get("forget_credential")
        is_elsewhere = _origin(self._stored["base_url"]) != _origin(data.get("base_url", ""))
        if is_elsewhere and keeps:
            self.add_error("credential", "The address is another server's: enter the credential for it.")
        headers = data.get("extra_headers", {}).items() & self._stored["extra_headers"].items()
        if is_elsewhere and headers:
            self.add_error("extra_headers", "The address is another server's: enter the values for it.")
        data["credential"] = self._stored["credential"] if keeps else typed
        return data


def _origin(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", url
    return parts.scheme, parts.netloc.lower()


@admin.register(Upstream)
class UpstreamAdmin(admin.ModelAdmin):
    form = UpstreamForm
    change_form_template = "admin/chat/upstream/change_form.html"
    list_display = ("name", "kind", "base_url", "has_credential", "is_enabled")
    list_filter = ("kind", "is_enabled")
    search_fields = ("name", "base_url")
    actions = ("test_connection", "import_models")
    fieldsets = (
        (None, {"fields": ("name", "kind", "base_url", "is_enabled")}),
        ("Secrets", {"fields": ("credential", "forget_credential", "extra_headers")}),
        ("Deadlines", {"fields": ("first_byte_timeout", "idle_timeout", "total_timeout")}),
        ("Concurrency", {"fields": ("max_concurrency", "max_queue", "queue_timeout")}),
    )

    @admin.display(boolean=True, description="credential")
    def has_credential(self, upstream: Upstream) -> bool:
        return bool(upstream.credential)

    @admin.action(description="Test connection", permissions=["change"])
    def test_connection(self, request: HttpRequest, upstreams: QuerySet[Upstream]) -> None:
        show(request, probe_upstreams(list(upstreams)))

    @admin.action(description="Import models", permissions=["import"])
    def import_models(
        self, request: HttpRequest, upstreams: QuerySet[Upstream]
    ) -> HttpResponseRedirect | None:
        if upstreams.count() != 1:
            messages.warning(request, "Choose one upstream to import from.")
            return None
        return redirect("admin:chat_upstream_import", upstreams.get().pk)

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request) and request.user.has_perms(
            ["chat.add_publicmodel", "chat.add_deployment"]
        )

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self._import_page)
        test = self.admin_site.admin_view(self._test_page)
        return [
            path("<int:pk>/import/", page, name="chat_upstream_import"),
            path("<int:pk>/test/", test, name="chat_upstream_test"),
            *super().get_urls(),
        ]

    def _import_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        return import_page(request, pk, self)

    def _test_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.method == "POST" and self.has_change_permission(request):
            show(request, probe_upstreams(list(self.get_queryset(request).filter(pk=pk))))
        return redirect(reverse("admin:chat_upstream_change", args=[pk]))


def show(request: HttpRequest, results: list[Result]) -> None:
    for result in results:
        (messages.success if result.is_good else messages.error)(request, result.text)
