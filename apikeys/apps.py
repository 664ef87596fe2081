from django.apps import AppConfig


class ApikeysConfig(AppConfig):
    name = "apikeys"

    def ready(self) -> None:
        from accounts import data_export
        from apikeys import own_data

        data_export.register("keys", own_data.export)
