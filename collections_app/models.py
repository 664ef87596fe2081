"""What people keep, and the collections they order it in."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.web.ids import PublicIdModel


class ItemType(models.TextChoices):
    CODE = "CODE", _("Code")
    IMAGE = "IMAGE", _("Image")
    NOTE = "NOTE", _("Note")
    LINK = "LINK", pgettext_lazy("an address", "Link")
    FILE = "FILE", _("File")
    PROMPT = "PROMPT", _("Prompt")


class Content(models.Model):
    """`content` is the thing itself; of a link its address, of an image or a file where it is."""

    type = models.CharField(max_length=6, choices=ItemType)
    title = models.CharField(max_length=200)
    content = models.TextField()
    description = models.CharField(max_length=2000, blank=True)
    # Of code, as its author named it.
    language = models.CharField(max_length=50, blank=True)
    tags = models.JSONField(default=list)

    class Meta:
        abstract = True


class ContentItem(PublicIdModel, Content):
    """PostgreSQL keeps its words in a column that only `collections_app.search` knows. One with `deleted_at`
    is in the bin, which is emptied of what has been in it for long.
    """

    id_prefix = "stf"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="content_items")
    is_favorite = models.BooleanField(default=False)
    # Where it was saved from. That may be gone before what was saved.
    source_message = models.ForeignKey(
        "chat.Message", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "-created_at"]),
            models.Index(fields=["user", "type", "-created_at"], name="stuff_by_type"),
            models.Index(
                fields=["user", "-created_at"], condition=models.Q(is_favorite=True), name="stuff_favorites"
            ),
            models.Index(fields=["user", "-updated_at"], name="stuff_by_change"),
            models.Index(models.F("user"), Lower("title"), name="stuff_by_title"),
            models.Index(
                fields=["deleted_at"], condition=models.Q(deleted_at__isnull=False), name="stuff_deleted"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Collection(PublicIdModel):
    """`position` is its place in its owner's list."""

    id_prefix = "col"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="collections")
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=2000, blank=True)
    # `#RRGGBB`
    color = models.CharField(max_length=7)
    icon = models.CharField(max_length=50, blank=True)
    position = models.PositiveIntegerField(default=0)
    items = models.ManyToManyField(ContentItem, through="Membership", related_name="collections")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("position", "-id")

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """An item's place in a collection. It stays while the item is in the bin."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="memberships")
    item = models.ForeignKey(ContentItem, on_delete=models.CASCADE, related_name="memberships")
    position = models.PositiveIntegerField()

    class Meta:
        ordering = ("position", "id")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["collection", "item"], name="once_in_a_collection")
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.item_id}"


class Role(models.TextChoices):
    VIEW = "view", pgettext_lazy("a role", "May view")
    EDIT = "edit", pgettext_lazy("a role", "May edit")


class Guest(PublicIdModel):
    """Somebody a collection is shared with, named by an address. Until they open it, that is whoever has
    shown that the address is theirs; from then on `user`, whatever addresses they have."""

    id_prefix = "gst"

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="guests")
    # In lower case.
    email = models.EmailField(max_length=254)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="shared_collections"
    )
    role = models.CharField(max_length=4, choices=Role)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("email",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["collection", "email"], name="guest_once")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["email"], condition=models.Q(user=None), name="guests_expected")
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.collection_id}"


class CollectionLink(models.Model):
    """By which everybody may read a collection. Of its token only a digest is kept, as of a key's secret."""

    collection = models.OneToOneField(Collection, on_delete=models.CASCADE, related_name="link")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return str(self.collection_id)


class ItemVersion(Content):
    """What an item was from `created_at` on, and who made it so. The newest is the item as it is; one that
    was never changed has none yet."""

    item = models.ForeignKey(ContentItem, on_delete=models.CASCADE, related_name="versions")
    # From 1. Those that are forgotten leave their numbers unused.
    number = models.PositiveIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("-number",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["item", "number"], name="one_of_each_number")
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.title}"
