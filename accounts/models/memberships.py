"""Who belonged to which group, and when."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models


class Membership(models.Model):
    """A time in which somebody belonged to a group; `until` is open while they do.

    Kept by `accounts.memberships` beside Django's own table, which knows only of now.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["user", "group"], condition=models.Q(until=None), name="in_a_group_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user_id} in {self.group_id} since {self.since}"
