"""This process says that it lives, and how far its calls are: whose heart stops, loses its open rows
(`usage.interrupted`)."""

import logging
import threading
import time
from uuid import uuid4

from django.db import connection
from django.utils import timezone

from usage import progress
from usage.models import ServingProcess

log = logging.getLogger(__name__)

BEAT_SECONDS = 10.0
# While answers are being written: what is not told when the process dies, is not known.
BUSY_SECONDS = 2.0
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
    due, was_busy, was_heard = 0.0, False, True
    while True:
        try:
            notes = progress.notes()
            if notes or was_busy or time.monotonic() >= due:
                due, was_busy = time.monotonic() + BEAT_SECONDS, bool(notes)
                _beat(notes)
                was_heard = True
        except Exception:
            if was_heard:
                log.exception("The heartbeat could not be written.")
            # Again soon: who is silent for long is taken for dead.
            due, was_heard = 0.0, False
        time.sleep(BUSY_SECONDS)


def _beat(notes: dict[str, dict[str, object]]) -> None:
    """One statement, but for the first time."""
    said = {"seen_at": timezone.now(), "progress": notes}
    try:
        if not ServingProcess.objects.filter(pk=PROCESS_ID).update(**said):
            ServingProcess.objects.create(pk=PROCESS_ID, **said)
    finally:
        connection.close()
