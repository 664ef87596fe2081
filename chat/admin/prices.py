"""A model's prices: those that come may be edited, those that hold or held are read."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from chat.models import ModelPrice

_PRICES = ("input", "output", "cached", "cache_write", "image", "request")


class PriceForm(forms.ModelForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["valid_from"].required = False
        if not self.instance.pk:
            self.initial.pop("valid_from", None)
            self.fields["valid_from"].initial = None

    def clean_valid_from(self) -> datetime:
        """What was paid is not priced anew."""
        wanted: datetime | None = self.cleaned_data["valid_from"]
        now = timezone.now()
        if wanted is not None and wanted <= now:
            raise ValidationError("This moment is past: prices change from now on, or later.")
        return wanted or now


class ComingPriceInline(admin.TabularInline):
    model = ModelPrice
    form = PriceForm
    extra = 0
    fields = ("valid_from", *_PRICES)
    verbose_name_plural = "Prices to come, per million tokens, image and answered request"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelPrice]:
        return super().get_queryset(request).filter(valid_from__gt=timezone.now())


class PastPriceInline(admin.TabularInline):
    model = ModelPrice
    fields = readonly_fields = ("valid_from", *_PRICES)
    verbose_name_plural = "Prices so far; the newest holds now"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelPrice]:
        return super().get_queryset(request).filter(valid_from__lte=timezone.now())

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
