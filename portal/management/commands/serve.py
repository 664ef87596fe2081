import asyncio
import gc
import sys
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand

from apikeys.counters import COUNTERS
from chat.catalogue import connections
from chat.completions import settlement, titles
from chat.generation import run
from portal import celery_app, embedded_beat, redis
from portal.asgi import application

MAX_FRAME_BYTES = 4 * 1024 * 1024
# Seconds. Longer than clients and proxies keep an idle connection, so that they are the ones to close it.
KEEP_ALIVE = 75
# Seconds that answers under way get to end by themselves, and then to settle.
GRACE = 5


class Command(BaseCommand):
    help = "Serves the portal at PORTAL_HOST:PORTAL_PORT until it is interrupted."

    def handle(self, *args: Any, **options: Any) -> None:
        environment = settings.ENVIRONMENT
        if settings.REDIS_URL is None:
            embedded_beat.start(celery_app)
        config = uvicorn.Config(
            application,
            host=environment.portal_host,
            port=environment.portal_port,
            http="httptools",
            ws="websockets-sansio",
            ws_max_size=MAX_FRAME_BYTES,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            # Whose word counts is decided in one place: `portal.web.client_address`.
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=GRACE,
        )
        # What is here now stays: looking through it again and again is a sixth of a request's CPU.
        gc.collect()
        gc.freeze()
        server = _Server(config, self._say_ready)
        try:
            server.run()
        except KeyboardInterrupt:
            pass
        except SystemExit:
            sys.exit(f"PORTAL_PORT: {environment.portal_port} cannot be listened on; is it in use?")

    def _say_ready(self) -> None:
        self.stdout.write(f"LLM Portal is ready: {settings.BASE_URL}   (Ctrl-C stops it)")
        self.stdout.flush()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, say_ready: Any) -> None:
        super().__init__(config)
        self._say_ready = say_ready

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self._say_ready()

    async def shutdown(self, sockets: Any = None) -> None:
        """In this order: callers settle, then answers of browsers, then the connections both used."""
        await super().shutdown(sockets)
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=GRACE)
        await run.stop_all()
        await titles.stop_all()
        await settlement.finish_all(GRACE)
        await connections.close()
        await COUNTERS.close()
        await redis.close()
