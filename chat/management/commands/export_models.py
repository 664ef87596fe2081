from typing import Any

from django.core.management.base import BaseCommand

from chat.catalogue.exchange import export_catalogue


class Command(BaseCommand):
    help = "Prints the catalogue as JSON, without credentials and header values."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(export_catalogue().decode())
