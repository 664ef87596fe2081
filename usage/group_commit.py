"""Writes of one process, gathered: whatever is ready is written in one transaction.

Each caller waits for the commit that holds its own row, so nothing is acknowledged before it is
durable; under load many rows share the cost of one commit.
"""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")
log = logging.getLogger(__name__)

MAX_BATCH = 500


class GroupCommit(Generic[T]):
    """`write` gets everything that waits, in order, and commits it whole or not at all.

    `beat` runs in the same thread about every `beat_seconds`, beginning before the first write.
    """

    def __init__(
        self, write: Callable[[Sequence[T]], None], beat: Callable[[], None], beat_seconds: float
    ) -> None:
        self._write = write
        self._beat = beat
        self._beat_seconds = beat_seconds
        self._queue: queue.SimpleQueue[tuple[T, Future[None]]] = queue.SimpleQueue()
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None

    async def put(self, item: T) -> None:
        """Returns once `item` is committed; raises what the write raised.

        A caller that is cancelled while it waits does not take its row back.
        """
        self._ensure_thread()
        done: Future[None] = Future()
        self._queue.put((item, done))
        await asyncio.shield(asyncio.wrap_future(done))

    def _ensure_thread(self) -> None:
        if self._thread is None:
            with self._start:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        next_beat = time.monotonic()
        while True:
            if time.monotonic() >= next_beat:
                self._try_beat()
                next_beat = time.monotonic() + self._beat_seconds
            try:
                batch = [self._queue.get(timeout=max(0.0, next_beat - time.monotonic()))]
            except queue.Empty:
                continue
            while len(batch) < MAX_BATCH and not self._queue.empty():
                batch.append(self._queue.get())
            self._commit(batch)

    def _try_beat(self) -> None:
        try:
            self._beat()
        except Exception:
            log.exception("The heartbeat could not be written.")

    def _commit(self, batch: list[tuple[T, Future[None]]]) -> None:
        try:
            self._write([item for item, _ in batch])
        except Exception as error:
            self._commit_alone(batch, error)
        else:
            for _, done in batch:
                done.set_result(None)

    def _commit_alone(self, batch: list[tuple[T, Future[None]]], error: Exception) -> None:
        """One bad row must not take its neighbours with it."""
        if len(batch) == 1:
            batch[0][1].set_exception(error)
            return
        for waiting in batch:
            self._commit([waiting])
