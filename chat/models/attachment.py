"""Files people attach to what they say."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal.web.ids import PublicIdModel


class StoredFile(models.Model):
    """Bytes of a person's, kept once however often they upload them, with what a model is told of them:
    `text` or the image at `view_key`, made once, at the upload. `note` says what of the file is not in it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="stored_files")
    digest = models.CharField(max_length=64, editable=False)
    size = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=20)
    media_type = models.CharField(max_length=120)
    pages = models.PositiveIntegerField(null=True)
    text = models.TextField(blank=True)
    note = models.CharField(max_length=200, blank=True)
    # Where the storage has it: unguessable, and never shown.
    key = models.CharField(max_length=200)
    view_key = models.CharField(max_length=200, blank=True)
    view_type = models.CharField(max_length=20, blank=True)
    # A smaller view, of an image that is among somebody's stuff; made in the background.
    thumbnail_key = models.CharField(max_length=200, blank=True, db_default="")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "digest"], name="bytes_kept_once")
        ]

    def __str__(self) -> str:
        return f"{self.media_type}, {self.size} bytes"

    @property
    def keys(self) -> list[str]:
        return [key for key in (self.key, self.view_key, self.thumbnail_key) if key]


class Attachment(PublicIdModel):
    """An upload, under the name it came with. Messages may share it and items of stuff keep it; what is
    in none goes after a day."""

    id_prefix = "att"

    file = models.ForeignKey(StoredFile, on_delete=models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=255)
    messages = models.ManyToManyField("chat.Message", related_name="files")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.name


class KeptFile(models.Model):
    """What keeps a file for an item of its owner's, whatever becomes of the messages it came with."""

    item = models.ForeignKey("collections_app.ContentItem", on_delete=models.CASCADE, related_name="+")
    attachment = models.ForeignKey(Attachment, on_delete=models.CASCADE, related_name="kept")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["item", "attachment"], name="kept_once")
        ]

    def __str__(self) -> str:
        return f"{self.attachment_id} for {self.item_id}"


class DoomedObject(models.Model):
    """A key of the storage that no row needs: not yet, while its bytes are on their way, or no longer."""

    key = models.CharField(max_length=200, primary_key=True)
    since = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.key
