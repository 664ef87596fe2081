import asyncio
import sys
from typing import Any

from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server
from django.conf import settings
from django.core.management.base import BaseCommand
from twisted.internet import reactor
from twisted.internet.defer import Deferred

from chat.catalogue import connections
from chat.generation import run
from portal import celery_app, embedded_beat
from portal.asgi import application

MAX_FRAME_BYTES = 4 * 1024 * 1024


class Command(BaseCommand):
    help = "Serves the portal with Daphne at PORTAL_HOST:PORTAL_PORT until it is interrupted."

    def handle(self, *args: Any, **options: Any) -> None:
        environment = settings.ENVIRONMENT
        self._is_ready = False
        if settings.REDIS_URL is None:
            embedded_beat.start(celery_app)
        server = Server(
            application=application,
            endpoints=build_endpoint_description_strings(
                host=environment.portal_host, port=environment.portal_port
            ),
            server_name="portal",
            websocket_max_message_size=MAX_FRAME_BYTES,
            websocket_max_frame_size=MAX_FRAME_BYTES,
            # Said once the reactor runs and takes signals: from then on Ctrl-C is clean.
            ready_callable=lambda: reactor.callWhenRunning(self._say_ready),
        )
        reactor.addSystemEventTrigger("before", "shutdown", _wind_down, server)
        server.run()
        if not self._is_ready:
            sys.exit(f"PORTAL_PORT: {environment.portal_port} cannot be listened on; is it in use?")

    def _say_ready(self) -> None:
        self._is_ready = True
        self.stdout.write(f"LLM Portal is ready: {settings.BASE_URL}   (Ctrl-C stops it)")
        self.stdout.flush()


def _wind_down(server: Server) -> "Deferred[None]":
    return Deferred.fromFuture(asyncio.ensure_future(_leave(server)))


async def _leave(server: Server) -> None:
    """In this order: callers settle, then answers of browsers, then the connections both used."""
    await server.kill_all_applications().asFuture(asyncio.get_running_loop())
    await run.stop_all()
    await connections.close()
