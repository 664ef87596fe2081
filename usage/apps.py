from django.apps import AppConfig
from django.db.models.signals import post_migrate


class UsageConfig(AppConfig):
    name = "usage"

    def ready(self) -> None:
        from accounts import data_export, deletion
        from usage import own_data
        from usage.rollups import late

        data_export.register("usage", own_data.export)
        deletion.register(own_data.hand_over)
        post_migrate.connect(late.install, sender=self)
