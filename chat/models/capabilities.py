"""What a model is offered for."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models


class Capability(models.TextChoices):
    CHAT = "chat", "Chat"
    VISION = "vision", "Vision: reads images"
    DOCUMENTS = "documents", "Documents: reads PDF"
    TOOLS = "tools", "Tools"
    THINKING = "thinking", "Thinking"
    STRUCTURED_OUTPUT = "structured_output", "Structured output"
    EMBEDDINGS = "embeddings", "Embeddings"
    IMAGE_GENERATION = "image_generation", "Image generation"


def just_chat() -> list[str]:
    return [Capability.CHAT.value]


class CapabilitiesField(models.JSONField):
    """A list of `Capability` values, in their order, each once."""

    def clean(self, value: Any, model_instance: models.Model | None) -> list[str]:
        return ordered(super().clean(value, model_instance))

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        super().validate(value, model_instance)
        unknown = [name for name in value if name not in Capability.values]
        if unknown:
            raise ValidationError(f"{unknown[0]!r} is not one of {', '.join(Capability.values)}.")

    def formfield(self, **kwargs: Any) -> forms.Field:
        options = {"required": not self.blank, "help_text": self.help_text, "initial": self.default}
        return forms.MultipleChoiceField(
            choices=Capability.choices, widget=forms.CheckboxSelectMultiple, **options
        )


def ordered(names: Iterable[str]) -> list[str]:
    chosen = set(names)
    return [name for name in Capability.values if name in chosen]
