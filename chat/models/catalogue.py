"""What can be asked for, and who serves it."""

from typing import ClassVar

from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone

from chat.models.encrypted import EncryptedTextField


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
    extra_headers = models.JSONField(
        default=dict, blank=True, help_text='Sent with every call, such as {"x-team": "research"}.'
    )
    first_byte_timeout = models.PositiveIntegerField(default=120, help_text="Seconds until an answer begins.")
    idle_timeout = models.PositiveIntegerField(default=60, help_text="Seconds of silence inside an answer.")
    total_timeout = models.PositiveIntegerField(default=900, help_text="Seconds for a whole answer.")
    max_concurrency = models.PositiveIntegerField(
        default=0, help_text="Calls at once from each web process; 0 for no limit."
    )
    max_queue = models.PositiveIntegerField(default=100, help_text="Calls that may wait for a free place.")
    queue_timeout = models.PositiveIntegerField(default=30, help_text="Seconds a call may wait.")
    is_enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class PublicModel(models.Model):
    """A name people may ask for. Prices per million tokens."""

    name = models.CharField(max_length=200, unique=True)
    description = models.CharField(max_length=500, blank=True)
    owned_by = models.CharField(max_length=100, default="portal")
    input_price = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    output_price = models.DecimalField(max_digits=12, decimal_places=6, default=0)
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
