from typing import Any

from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server
from django.conf import settings
from django.core.management.base import BaseCommand

from portal import celery_app, embedded_beat
from portal.asgi import application


class Command(BaseCommand):
    help = "Serves the portal with Daphne at PORTAL_HOST:PORTAL_PORT until it is interrupted."

    def handle(self, *args: Any, **options: Any) -> None:
        environment = settings.ENVIRONMENT
        if settings.REDIS_URL is None:
            embedded_beat.start(celery_app)
        Server(
            application=application,
            endpoints=build_endpoint_description_strings(
                host=environment.portal_host, port=environment.portal_port
            ),
            server_name="portal",
            ready_callable=self._say_ready,
        ).run()

    def _say_ready(self) -> None:
        self.stdout.write(f"LLM Portal is ready: {settings.BASE_URL}   (Ctrl-C stops it)")
        self.stdout.flush()
