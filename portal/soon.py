"""Work that begins at once but holds up no request: a Celery worker's, or without Redis a thread's."""

import logging
import queue
import threading
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import close_old_connections, transaction

log = logging.getLogger(__name__)
Job = tuple[str, tuple[Any, ...]]


def run_soon(task: str, *arguments: Any) -> None:
    """`task` by its name, such as `accounts.tasks.make_export`; `arguments` must be plain JSON.

    It begins once the transaction at hand is committed.
    """
    if settings.REDIS_URL:
        transaction.on_commit(lambda: current_app.send_task(task, arguments))
    else:
        transaction.on_commit(lambda: _worker.put((task, arguments)))


class _Worker:
    """One thread, one job at a time. What waits when the process ends is lost: a sweep must find it."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, job: Job) -> None:
        with self._start:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="soon", daemon=True)
                self._thread.start()
        self._jobs.put(job)

    def _run(self) -> None:
        current_app.loader.import_default_modules()
        while True:
            task, arguments = self._jobs.get()
            close_old_connections()
            try:
                current_app.tasks[task].apply(args=arguments, throw=True)
            except Exception:
                log.exception("The task %s failed.", task)
            finally:
                close_old_connections()


_worker = _Worker()
