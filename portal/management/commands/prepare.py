from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Brings database, catalogue and first operator up to date. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=options["verbosity"] - 1, stdout=self.stdout)
        call_command("sync_catalogue", stdout=self.stdout)
        call_command("first_operator", stdout=self.stdout)
