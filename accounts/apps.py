from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        from accounts import data_export, heard, memberships, own_data

        heard.connect()
        memberships.connect()
        data_export.register("account", own_data.export)
