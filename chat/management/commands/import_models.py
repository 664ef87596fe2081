import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chat.catalogue.exchange import BadCatalogue, import_catalogue


class Command(BaseCommand):
    help = "Brings a catalogue from export_models in: all of it or nothing; safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a JSON file; - for standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        file = options["file"]
        try:
            content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
            counts = import_catalogue(content)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}.") from None
        except BadCatalogue as error:
            raise CommandError(f"{file}: {error}") from None
        said = ", ".join(f"{counts[what]} {what}" for what in ("new", "changed", "unchanged"))
        if counts["dropped"]:
            said += f"; enter the credentials of {counts['dropped']} upstreams again: they have a new address"
        self.stdout.write(said)
