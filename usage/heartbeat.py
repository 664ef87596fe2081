"""This process says that it lives: whose heart stops, loses its open rows (`ledger.close_interrupted`)."""

import logging
import threading
import time
from uuid import uuid4

from django.db import connection
from django.utils import timezone

from usage.models import ServingProcess

log = logging.getLogger(__name__)

BEAT_SECONDS = 10.0
PROCESS_ID = uuid4()

_start = threading.Lock()
_thread: threading.Thread | None = None


def ensure_beating() -> None:
    global _thread
    if _thread is not None:
        return
    with _start:
        if _thread is None:
            _thread = threading.Thread(target=_beat_for_ever, name="heartbeat", daemon=True)
            _thread.start()


def _beat_for_ever() -> None:
    while True:
        try:
            ServingProcess.objects.update_or_create(pk=PROCESS_ID, defaults={"seen_at": timezone.now()})
        except Exception:
            log.exception("The heartbeat could not be written.")
        finally:
            connection.close()
        time.sleep(BEAT_SECONDS)
