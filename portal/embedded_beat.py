"""Worker and beat of a portal without Redis: one thread that runs the periodic tasks in turn."""

import logging
import threading
import time

from celery import Celery
from django.db import close_old_connections

log = logging.getLogger(__name__)


def start(app: Celery) -> None:
    threading.Thread(target=_run, args=(app,), name="embedded-beat", daemon=True).start()


def _run(app: Celery) -> None:
    app.loader.import_default_modules()
    schedule = app.conf.beat_schedule
    due = dict.fromkeys(schedule, time.monotonic())
    while True:
        for name, entry in schedule.items():
            if time.monotonic() >= due[name]:
                due[name] = time.monotonic() + entry["schedule"]
                _apply(app, entry["task"])
        time.sleep(max(0.1, min(due.values()) - time.monotonic()))


def _apply(app: Celery, task: str) -> None:
    close_old_connections()
    try:
        app.tasks[task].apply(throw=True)
    except Exception:
        log.exception("The periodic task %s failed.", task)
