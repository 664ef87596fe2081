"""Opaque public ids: a prefix and a UUIDv7 (RFC 9562), so they sort by time."""

from typing import ClassVar
from uuid import UUID

from django.db import models
from uuid_utils.compat import uuid7

__all__ = ["PublicIdModel", "decode", "encode", "uuid7"]


def encode(prefix: str, value: UUID) -> str:
    return f"{prefix}_{value.hex}"


def decode(prefix: str, public_id: str) -> UUID | None:
    """None when `public_id` cannot be one of these."""
    head, _, digits = public_id.partition("_")
    if head != prefix or len(digits) != 32:
        return None
    try:
        return UUID(hex=digits)
    except ValueError:
        return None


class PublicIdModel(models.Model):
    """A row whose primary key leaves the portal as `<id_prefix>_<hex>`."""

    id_prefix: ClassVar[str]

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta:
        abstract = True

    @property
    def public_id(self) -> str:
        return encode(self.id_prefix, self.pk)
