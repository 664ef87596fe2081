from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.services import create_verified_user
from portal.web.errors import ApiError


class Command(BaseCommand):
    help = "Creates a verified account and prints its id."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--password", required=True)
        parser.add_argument("--staff", action="store_true", help="may use the admin")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user = create_verified_user(
                email=options["email"], password=options["password"], is_operator=options["staff"]
            )
        except ApiError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(user.public_id)
