from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.access import get_user_by_email
from apikeys.models import Permission
from apikeys.services import create_key
from portal.web.errors import ApiError


class Command(BaseCommand):
    help = "Creates an API key for an account and prints its secret."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", required=True)
        parser.add_argument("--permission", required=True, action="append", choices=Permission.values)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            _, secret = create_key(
                user=get_user_by_email(options["email"]),
                name=options["name"],
                permissions=options["permission"],
            )
        except ApiError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(secret)
