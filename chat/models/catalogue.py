"""What can be asked for, and who serves it."""

from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property

from chat.models.capabilities import CapabilitiesField, Capability, just_chat
from chat.models.encrypted import EncryptedHeadersField, EncryptedTextField
from usage.prices import PriceList, Prices


class UpstreamKind(models.TextChoices):
    BUILTIN = "builtin", "Built-in model"
    OPENAI = "openai", "OpenAI-compatible server"
    ANTHROPIC = "anthropic", "Anthropic-compatible server"


class Upstream(models.Model):
    """A model server. `base_url` ends where the format's own paths begin, such as `https://host/v1`."""

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=20, choices=UpstreamKind)
    base_url = models.CharField(max_length=500, blank=True)
    credential = EncryptedTextField(blank=True, help_text="Encrypted in the database, never shown again.")
    extra_headers = EncryptedHeadersField(default=dict, blank=True, help_text="Sent with every call.")
    first_byte_timeout = models.PositiveIntegerField(default=120, help_text="Seconds until an answer begins.")
    idle_timeout = models.PositiveIntegerField(default=60, help_text="Seconds of silence inside an answer.")
    total_timeout = models.PositiveIntegerField(default=900, help_text="Seconds for a whole answer.")
    max_concurrency = models.PositiveIntegerField(
        default=0, help_text="Calls at once, from all processes together; 0 for no limit."
    )
    max_queue = models.PositiveIntegerField(default=100, help_text="Calls that may wait for a free place.")
    queue_timeout = models.PositiveIntegerField(default=30, help_text="Seconds a call may wait.")
    is_enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """The address is shown and exported: no secret may hide in it."""
        if self.kind == UpstreamKind.BUILTIN and not self.base_url:
            return
        try:
            parts = urlsplit(self.base_url)
            is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_address = False
        if not is_address or not self.base_url.isprintable():
            raise ValidationError({"base_url": "This is no address such as https://host/v1."})
        if parts.username is not None or parts.query or parts.fragment:
            raise ValidationError({"base_url": "Only host and path: the credential has its own field."})


class PublicModel(models.Model):
    """A name people may ask for."""

    name = models.CharField(max_length=200, unique=True)
    description = models.CharField(max_length=500, blank=True)
    owned_by = models.CharField(max_length=100, default="portal")
    capabilities = CapabilitiesField(default=just_chat, help_text="What it is offered for.")
    context_window = models.PositiveIntegerField(
        null=True, blank=True, help_text="Tokens of question and answer together; empty when unknown."
    )
    max_output_tokens = models.PositiveIntegerField(
        null=True, blank=True, help_text="Tokens of one answer; empty when unknown."
    )
    is_enabled = models.BooleanField(default=True)
    groups = models.ManyToManyField(
        Group, blank=True, related_name="+", help_text="Only their members may use it. None: everybody may."
    )
    position = models.PositiveIntegerField(default=100, help_text="Lower comes first.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("position", "name")
        verbose_name = "model"

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.clean()
        super().save(*args, **kwargs)

    def clean(self) -> None:
        if ModelAlias.objects.filter(name=self.name).exists():
            raise ValidationError({"name": f"“{self.name}” is an alias; a name stands for one model only."})

    def can(self, capability: Capability) -> bool:
        return capability in self.capabilities

    @cached_property
    def price_list(self) -> PriceList:
        return PriceList((row.valid_from, row.prices) for row in self.dated_prices.all())

    @property
    def prices_now(self) -> Prices:
        return self.price_list.at(timezone.now())


class ModelAlias(models.Model):
    """Another name for a model, so that programs written for `gpt-4o` run unchanged."""

    name = models.CharField(max_length=200, unique=True)
    model = models.ForeignKey(PublicModel, on_delete=models.CASCADE, related_name="aliases")
    gives_way = models.BooleanField(
        default=False, help_text="Goes when a real model of this name is imported."
    )

    class Meta:
        ordering = ("name",)
        verbose_name_plural = "aliases"

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self._refuse_names_of(PublicModel.objects.all())
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Its own model may be about to change its name: that is looked at when it is saved."""
        self._refuse_names_of(PublicModel.objects.exclude(pk=self.model_id))

    def _refuse_names_of(self, models: "models.QuerySet[PublicModel]") -> None:
        if models.filter(name=self.name).exists():
            raise ValidationError({"name": f"“{self.name}” is a model; a name stands for one model only."})


class Deployment(models.Model):
    """A public model served by an upstream. The lowest priority goes first."""

    model = models.ForeignKey(PublicModel, on_delete=models.CASCADE, related_name="deployments")
    upstream = models.ForeignKey(Upstream, on_delete=models.CASCADE, related_name="deployments")
    upstream_model = models.CharField(max_length=200, help_text="The upstream's own name for it.")
    priority = models.PositiveIntegerField(default=0, help_text="The lowest goes first.")
    weight = models.PositiveIntegerField(
        default=1, help_text="Among equal priorities: twice the weight, twice the calls."
    )
    is_enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ("priority", "pk")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["model", "upstream"], name="one_deployment_per_upstream")
        ]

    def __str__(self) -> str:
        return f"{self.upstream}/{self.upstream_model}"
