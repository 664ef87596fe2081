"""Groups: who may use which models, and how much."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group

from accounts.models import GroupLimits


class GroupLimitsInline(admin.StackedInline):
    model = GroupLimits


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin):
    inlines = (GroupLimitsInline,)
