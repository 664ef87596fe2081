from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CollectionsConfig(AppConfig):
    name = "collections_app"
    verbose_name = "Stuff and collections"

    def ready(self) -> None:
        from accounts import data_export
        from collections_app import own_data
        from collections_app.sqlite_words import ITEMS

        data_export.register("stuff", own_data.export)
        post_migrate.connect(ITEMS.prepare, sender=self)
