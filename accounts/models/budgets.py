"""What a group's members may use together, and who has been told that it comes to its end."""

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.utils import timezone

from accounts.models.limits import Budgeted
from portal.web.ids import uuid7

MOST_ADDRESSES = 20


def addresses_in(text: str) -> list[str]:
    """One a line, or separated by commas or blanks; each once."""
    return list(dict.fromkeys(text.replace(",", " ").split()))


def validate_addresses(text: str) -> None:
    addresses = addresses_in(text)
    if len(addresses) > MOST_ADDRESSES:
        raise ValidationError(f"At most {MOST_ADDRESSES} addresses.")
    for address in addresses:
        try:
            validate_email(address)
        except ValidationError:
            raise ValidationError(f"{address} is not an e-mail address. One a line.") from None


class GroupBudget(Budgeted):
    """What all members of a group may use together (docs/decisions/0010)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    group = models.OneToOneField(Group, on_delete=models.CASCADE, related_name="budget")
    notify = models.TextField(
        "mail to",
        blank=True,
        validators=[validate_addresses],
        help_text="E-mail addresses, one a line. Empty: all operators.",
    )

    class Meta:
        verbose_name = verbose_name_plural = "budget that all members share"

    def __str__(self) -> str:
        return f"Budget of {self.group_id}"

    def clean(self) -> None:
        if self.tokens_per_month is None and self.cost_per_month is None:
            raise ValidationError("Set tokens per month, cost per month, or both.")


class DepartedUse(models.Model):
    """What people whose accounts are deleted had used of a group's month: nobody can tell it from the
    ledger any more. `month` is its first day; amounts in tokens, and in the portal's currency."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="+")
    month = models.DateField()
    tokens = models.PositiveBigIntegerField(default=0)
    cost = models.DecimalField(max_digits=18, decimal_places=9, default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["group", "month"], name="departed_use_of_a_month"),)

    def __str__(self) -> str:
        return f"{self.group_id} {self.month}"


class BudgetNotice(models.Model):
    """A mail about a budget that somebody has got, so that none comes twice."""

    budget = models.CharField(max_length=50)
    occasion = models.CharField(max_length=60)
    recipient = models.EmailField(max_length=254)
    sent_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["budget", "occasion", "recipient"], name="one_budget_notice"),
        )

    def __str__(self) -> str:
        return f"{self.budget}: {self.occasion}"
