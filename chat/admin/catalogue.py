from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest

from chat.admin.prices import ComingPriceInline, PastPriceInline
from chat.admin.upstreams import show
from chat.catalogue.probes import probe_deployments
from chat.models import Deployment, ModelAlias, PublicModel


class AliasFormSet(BaseInlineFormSet):
    def clean(self) -> None:
        """Knows the name that the model is about to get; the database does not yet."""
        super().clean()
        for form in self.forms:
            is_kept = form.cleaned_data and not form.cleaned_data.get("DELETE")
            if is_kept and form.cleaned_data.get("name") == self.instance.name:
                raise ValidationError(f"“{self.instance.name}” is the model's own name.")


class AliasInline(admin.TabularInline):
    model = ModelAlias
    formset = AliasFormSet
    extra = 1


class DeploymentInline(admin.TabularInline):
    model = Deployment
    extra = 0


@admin.register(PublicModel)
class PublicModelAdmin(admin.ModelAdmin):
    list_display = (
        "name",
        "shown_aliases",
        "owned_by",
        "context_window",
        "input_price",
        "output_price",
        "position",
        "is_enabled",
    )
    list_editable = ("position", "is_enabled")
    list_filter = ("is_enabled", "owned_by", "deployments__upstream")
    search_fields = ("name", "aliases__name", "description")
    inlines = (AliasInline, DeploymentInline, ComingPriceInline, PastPriceInline)
    actions = ("test_connection",)
    filter_horizontal = ("groups",)
    fieldsets = (
        (None, {"fields": ("name", "description", "owned_by", "is_enabled", "position")}),
        ("Who may use it", {"fields": ("groups",)}),
        ("What it can do", {"fields": ("capabilities", "context_window", "max_output_tokens")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[PublicModel]:
        return super().get_queryset(request).prefetch_related("aliases", "dated_prices")

    @admin.display(description="input price")
    def input_price(self, model: PublicModel) -> Decimal:
        return model.prices_now.input

    @admin.display(description="output price")
    def output_price(self, model: PublicModel) -> Decimal:
        return model.prices_now.output

    @admin.display(description="aliases")
    def shown_aliases(self, model: PublicModel) -> str:
        return ", ".join(alias.name for alias in model.aliases.all())

    @admin.action(description="Test connection", permissions=["change"])
    def test_connection(self, request: HttpRequest, models: QuerySet[PublicModel]) -> None:
        _test(request, Deployment.objects.filter(model__in=models))


@admin.register(Deployment)
class DeploymentAdmin(admin.ModelAdmin):
    list_display = ("model", "upstream", "upstream_model", "priority", "weight", "is_enabled")
    list_editable = ("priority", "weight", "is_enabled")
    list_filter = ("upstream", "is_enabled")
    search_fields = ("model__name", "upstream_model")
    list_select_related = ("model", "upstream")
    actions = ("test_connection",)

    @admin.action(description="Test connection", permissions=["change"])
    def test_connection(self, request: HttpRequest, deployments: QuerySet[Deployment]) -> None:
        _test(request, deployments)


def _test(request: HttpRequest, deployments: "QuerySet[Deployment, Any]") -> None:
    show(request, probe_deployments(list(deployments.select_related("model", "upstream"))))
