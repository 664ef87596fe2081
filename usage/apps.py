from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils import timezone


class UsageConfig(AppConfig):
    name = "usage"

    def ready(self) -> None:
        from accounts import data_export, deletion
        from portal import metrics
        from usage import own_data, retention
        from usage.metrics import collect
        from usage.rollups import dropping, late

        data_export.register("usage", own_data.export)
        deletion.register(own_data.hand_over)
        metrics.register(collect)
        retention.register(dropping.raise_floor)
        post_migrate.connect(late.install, sender=self)
        post_migrate.connect(_create_partitions, sender=self)


def _create_partitions(**signal: Any) -> None:
    from usage import partitions

    partitions.create_ahead(timezone.now())
