"""Who is signed out or disabled is out of everything within seconds (battery Z02): sockets, and answers
being written.

Each process asks the database, for all that it watches at once. So nothing depends on a message that
could be lost, and it does not matter who ended the session, or how.
"""

import asyncio
import logging
from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from uuid import UUID
from weakref import WeakKeyDictionary

from accounts.access import people_signed_in, still_active
from chat.gateway import routing
from chat.gateway.errors import PermissionDenied
from chat.gateway.events import Batch
from chat.gateway.request import Request
from portal.database import in_database

# Seconds.
ASK_EVERY = 2.0

log = logging.getLogger(__name__)
Leave = Callable[[], None]
Forget = Callable[[], None]


class _Watch:
    """Of one event loop. `leave` is called once, when the person is gone."""

    def __init__(self) -> None:
        self._people: dict[object, tuple[UUID, str | None, Leave]] = {}
        self._asking: asyncio.Task[None] | None = None

    def add(self, user_id: UUID, session_key: str | None, leave: Leave) -> Forget:
        token = object()
        self._people[token] = user_id, session_key, leave
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        return lambda: self._people.pop(token, None) and None

    async def _ask(self) -> None:
        while True:
            await asyncio.sleep(ASK_EVERY)
            if not self._people:
                self._asking = None
                return
            try:
                await self._ask_once()
            except Exception:
                # A database that restarts says nothing about anybody.
                log.exception("Could not ask who is still signed in.")

    async def _ask_once(self) -> None:
        asked = dict(self._people)
        is_here = await in_database(
            _who_is_here, [(user_id, session_key) for user_id, session_key, _ in asked.values()]
        )
        for token, (user_id, session_key, leave) in asked.items():
            if (user_id, session_key) not in is_here and self._people.pop(token, None):
                leave()


def _who_is_here(people: Sequence[tuple[UUID, str | None]]) -> set[tuple[UUID, str | None]]:
    active = still_active({user_id for user_id, _ in people})
    signed_in = people_signed_in({session_key for _, session_key in people if session_key})
    return {
        (user_id, session_key)
        for user_id, session_key in people
        if user_id in active
        and (session_key is None or (session_key in signed_in and signed_in[session_key].pk == user_id))
    }


def watch(user_id: UUID, leave: Leave, *, session_key: str | None = None) -> Forget:
    """With a `session_key` the person is gone also when that browser is signed out."""
    return _watches.setdefault(get_running_loop(), _Watch()).add(user_id, session_key, leave)


class PersonalRoute(routing.Route):
    """A call that ends with its person's right to make it."""

    def __init__(
        self, deployments: Sequence[routing.Deployment], health: routing.Health, user_id: UUID
    ) -> None:
        super().__init__(deployments, health)
        self._user_id = user_id
        self._reading: asyncio.Task[object] | None = None
        self._is_over = False

    async def batches(self, request: Request) -> AsyncGenerator[Batch, None]:
        forget = watch(self._user_id, self._leave)
        try:
            async with aclosing(super().batches(request)) as batches:
                while (batch := await self._next(batches)) is not None:
                    yield batch
        finally:
            forget()

    async def _next(self, batches: AsyncGenerator[Batch, None]) -> Batch | None:
        """A silent model server is left as well: whoever waits for it is interrupted."""
        if self._is_over:
            raise _over()
        self._reading = asyncio.current_task()
        try:
            return await anext(batches, None)
        except asyncio.CancelledError:
            if self._is_over and self._reading is not None and not self._reading.uncancel():
                raise _over() from None
            raise
        finally:
            self._reading = None

    def _leave(self) -> None:
        self._is_over = True
        if self._reading is not None:
            self._reading.cancel()


def _over() -> PermissionDenied:
    return PermissionDenied("This account may not use models any more.")


_watches: WeakKeyDictionary[AbstractEventLoop, _Watch] = WeakKeyDictionary()
