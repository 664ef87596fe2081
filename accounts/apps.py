from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        from accounts import data_export, heard, own_data

        heard.connect()
        data_export.register("account", own_data.export)
