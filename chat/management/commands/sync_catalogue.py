from typing import Any

from django.core.management.base import BaseCommand

from chat.catalogue.environment import sync_catalogue


class Command(BaseCommand):
    help = "Brings the default model and the environment's model server into the catalogue."

    def handle(self, *args: Any, **options: Any) -> None:
        sync_catalogue()
