"""Database work of one process, gathered: whatever waits is done in one go.

Under load many callers share one round trip and one commit; a caller who is alone waits for nobody.
"""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections

T = TypeVar("T")
R = TypeVar("R")
log = logging.getLogger(__name__)

MAX_BATCH = 500
# Seconds after which a database connection is looked at before it is used again.
IDLE = 1.0


class Batches(Generic[T, R]):
    """`work` gets items in the order they came, and gives a result for each, in that order.

    It runs in a thread of its own and is never called twice at a time. It must do its work whole or not
    at all: when it raises, the items are tried one by one, so that a bad one does not take its neighbours
    with it, nor a connection that was cut the item that comes first.
    """

    def __init__(self, name: str, work: Callable[[Sequence[T]], Sequence[R]]) -> None:
        self._name = name
        self._work = work
        self._queue: queue.SimpleQueue[tuple[T, asyncio.Future[R]]] = queue.SimpleQueue()
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None

    async def put(self, item: T) -> R:
        """Returns once `item` is done; raises what the work raised.

        A caller that is cancelled while it waits does not take its item back.
        """
        if self._thread is None:
            self._start_thread()
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._queue.put((item, done))
        return await done

    def _start_thread(self) -> None:
        with self._start:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        worked_at = 0.0
        while True:
            batch = [self._queue.get()]
            while len(batch) < MAX_BATCH and not self._queue.empty():
                batch.append(self._queue.get())
            if time.monotonic() - worked_at > IDLE:
                close_old_connections()
            self._do(batch)
            worked_at = time.monotonic()

    def _do(self, batch: Sequence[tuple[T, "asyncio.Future[R]"]], *, is_again: bool = False) -> None:
        try:
            results = self._work([item for item, _ in batch])
        except Exception as error:
            close_old_connections()
            # Also for one alone: the connection may be what was bad, and is a new one now.
            if len(batch) > 1 or (isinstance(error, OperationalError | InterfaceError) and not is_again):
                for waiting in batch:
                    self._do([waiting], is_again=len(batch) == 1)
                return
            _tell(batch[0][1].get_loop(), _fail, [(batch[0][1], error)])
        else:
            _resolve_all(zip((done for _, done in batch), results, strict=True))


def _resolve_all(results: Iterable[tuple["asyncio.Future[R]", R]]) -> None:
    """One wake-up for each event loop, however many wait in it."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[R], R]]] = {}
    for done, result in results:
        by_loop.setdefault(done.get_loop(), []).append((done, result))
    for loop, pairs in by_loop.items():
        _tell(loop, _resolve, pairs)


def _resolve(done: "asyncio.Future[R]", result: R) -> None:
    done.set_result(result)


def _fail(done: "asyncio.Future[R]", error: Exception) -> None:
    done.set_exception(error)


def _tell(
    loop: asyncio.AbstractEventLoop,
    tell: Callable[["asyncio.Future[R]", T], None],
    pairs: Sequence[tuple["asyncio.Future[R]", T]],
) -> None:
    def tell_those_who_wait() -> None:
        for done, what in pairs:
            if not done.done():
                tell(done, what)

    try:
        loop.call_soon_threadsafe(tell_those_who_wait)
    except RuntimeError:
        # The loop is closed: nobody waits there any more.
        log.debug("A result came after its event loop had ended.")
