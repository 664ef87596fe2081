"""Groups: who may use which models, and how much."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group

from accounts.models import GroupBudget, GroupLimits

LIMIT_FIELDS = ("requests_per_minute", "tokens_per_day", "tokens_per_month", "cost_per_month", "soft_percent")


class GroupLimitsInline(admin.StackedInline):
    model = GroupLimits
    fields = LIMIT_FIELDS


class GroupBudgetInline(admin.StackedInline):
    model = GroupBudget
    fields = ("tokens_per_month", "cost_per_month", "soft_percent", "notify")


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin):
    inlines = (GroupBudgetInline, GroupLimitsInline)
    list_display = ("name", "cost_per_month", "tokens_per_month")
    list_select_related = ("budget",)

    @admin.display(description="shared cost per month", empty_value="–")
    def cost_per_month(self, group: Group) -> object:
        return _budget(group).cost_per_month

    @admin.display(description="shared tokens per month", empty_value="–")
    def tokens_per_month(self, group: Group) -> object:
        return _budget(group).tokens_per_month


def _budget(group: Group) -> GroupBudget:
    return getattr(group, "budget", None) or GroupBudget()
