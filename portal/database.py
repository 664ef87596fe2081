"""The database, asked from the event loop."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async

P = ParamSpec("P")
T = TypeVar("T")


async def in_database(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """In any thread that is free: questions do not wait for each other."""
    return await database_sync_to_async(function, thread_sensitive=False)(*args, **kwargs)
