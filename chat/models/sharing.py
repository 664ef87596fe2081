"""What was said, as it was when somebody shared it."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal.web.ids import PublicIdModel


class SharedSnapshot(PublicIdModel):
    """Readable by everybody who has its link. Of its token only a digest is kept, as of a key's secret.

    `turns` are what the page shows, frozen: nothing said later appears, and nothing of who shared it.
    """

    id_prefix = "shr"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="shared_snapshots"
    )
    session = models.ForeignKey("chat.Session", on_delete=models.CASCADE, related_name="snapshots")
    digest = models.CharField(max_length=64, unique=True)
    title = models.CharField(max_length=200)
    turns = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # When the snapshot was last taken.
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.title


class ImportedSession(models.Model):
    """Where a session came from, so that importing the same file again brings nothing twice."""

    session = models.OneToOneField("chat.Session", on_delete=models.CASCADE, related_name="imported")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="imported_sessions"
    )
    # The program it was exported from and its id there.
    source = models.CharField(max_length=220)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "source"], name="imported_once")]

    def __str__(self) -> str:
        return self.source
