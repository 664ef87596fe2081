"""How much may be used. Empty says nothing; 0 is nothing at all."""

from decimal import Decimal

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

# Redis' scripts count tokens, and billionths of the currency, exactly up to 2⁵³: about nine of the latter's
# millions.
MOST_TOKENS = 1_000_000_000_000
MOST_COST = Decimal(9_000_000)


def _tokens(**options: object) -> models.PositiveBigIntegerField:
    return models.PositiveBigIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(MOST_TOKENS)], **options
    )


class Budgeted(models.Model):
    """What a calendar month (UTC) may bring, and when to say that it comes to its end."""

    tokens_per_month = _tokens()
    cost_per_month = models.DecimalField(
        null=True,
        blank=True,
        max_digits=12,
        decimal_places=2,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(MOST_COST)],
        help_text="In the portal's currency.",
    )
    soft_percent = models.PositiveSmallIntegerField(
        "warn at (percent)",
        null=True,
        blank=True,
        default=80,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="A mail says so when this much of the month's tokens or cost is used, and another when all "
        "is. Empty: only the second one.",
    )

    class Meta:
        abstract = True


class Limited(Budgeted):
    requests_per_minute = models.PositiveIntegerField(null=True, blank=True)
    tokens_per_day = _tokens()

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
