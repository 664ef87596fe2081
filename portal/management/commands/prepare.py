from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from portal.translations import compile_translations


class Command(BaseCommand):
    help = "Brings database, catalogue, translations and first operator up to date. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        compile_translations()
        call_command("migrate", interactive=False, verbosity=options["verbosity"] - 1, stdout=self.stdout)
        call_command("sync_catalogue", stdout=self.stdout)
        call_command("first_operator", stdout=self.stdout)
