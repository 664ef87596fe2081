from django.apps import AppConfig


class UsageConfig(AppConfig):
    name = "usage"

    def ready(self) -> None:
        from accounts import data_export, deletion
        from usage import own_data

        data_export.register("usage", own_data.export)
        deletion.register(own_data.hand_over)
