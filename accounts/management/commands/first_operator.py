from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.first_operator import setup_link
from accounts.services import ensure_operator, has_operator
from portal.web.errors import ApiError


class Command(BaseCommand):
    help = "Creates the operator named in the environment, or prints a one-time set-up link."

    def handle(self, *args: Any, **options: Any) -> None:
        environment = settings.ENVIRONMENT
        if environment.portal_admin_email:
            try:
                ensure_operator(
                    email=environment.portal_admin_email, password=environment.portal_admin_password
                )
            except ApiError as error:
                raise CommandError(f"PORTAL_ADMIN_EMAIL, PORTAL_ADMIN_PASSWORD: {error}") from error
        elif not has_operator():
            self.stdout.write(f"No operator yet. Become one here (works once): {setup_link()}")
