"""What a model costs, and from when on."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone

from chat.models.catalogue import PublicModel
from usage.prices import Prices


def _price(**options: Any) -> "models.DecimalField[Any, Any]":
    return models.DecimalField(max_digits=12, decimal_places=6, validators=[MinValueValidator(0)], **options)


class ModelPrice(models.Model):
    """A model's prices from `valid_from` on, until its next ones.

    In the portal's currency: per million tokens, per image, per answered request. Once they hold they stay:
    another price is another row.
    """

    model = models.ForeignKey(PublicModel, on_delete=models.CASCADE, related_name="dated_prices")
    valid_from = models.DateTimeField(default=timezone.now, help_text="Empty: from now on.")
    input = _price(default=0)
    output = _price(default=0)
    cached = _price(null=True, blank=True, help_text="Input read from a cache; empty: as other input.")
    cache_write = _price(null=True, blank=True, help_text="Input written to a cache; empty: as other input.")
    image = _price(default=0, help_text="For each image that is made.")
    request = _price(default=0, help_text="For each request that is answered.")

    class Meta:
        ordering = ("-valid_from",)
        verbose_name = "price"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["model", "valid_from"], name="one_price_at_a_time")
        ]

    def __str__(self) -> str:
        return f"{self.model} from {self.valid_from:%Y-%m-%d %H:%M}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self._refuse_if_it_held()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        self._refuse_if_it_held()
        return super().delete(*args, **kwargs)

    def clean(self) -> None:
        self._refuse_if_it_held()

    @property
    def prices(self) -> Prices:
        return Prices.of(self.input, self.output, self.cached, self.cache_write, self.image, self.request)

    def _refuse_if_it_held(self) -> None:
        if self.pk and ModelPrice.objects.filter(pk=self.pk, valid_from__lte=timezone.now()).exists():
            raise ValidationError({"valid_from": "These prices hold already and stay: add new ones."})
