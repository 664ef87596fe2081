"""How much may be used. Empty says nothing; 0 is nothing at all."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models


class Limited(models.Model):
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True)
    tokens_per_day = models.PositiveBigIntegerField(null=True, blank=True)
    tokens_per_month = models.PositiveBigIntegerField(null=True, blank=True)
    cost_per_month = models.DecimalField(
        null=True, blank=True, max_digits=12, decimal_places=2, help_text="In the portal's currency."
    )

    class Meta:
        abstract = True


class UserLimits(Limited):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE)

    class Meta:
        verbose_name = verbose_name_plural = "limits of this person (before those of their groups)"

    def __str__(self) -> str:
        return f"Limits of {self.user_id}"


class GroupLimits(Limited):
    group = models.OneToOneField(Group, primary_key=True, on_delete=models.CASCADE)

    class Meta:
        verbose_name = verbose_name_plural = "limits of each member (the most generous group counts)"

    def __str__(self) -> str:
        return f"Limits of {self.group_id}"
