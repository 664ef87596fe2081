"""Coroutines in tests: in a thread of their own, because Playwright keeps a loop running in the test's."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import connections

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def run_with_database(coroutine: Coroutine[Any, Any, T]) -> T:
    """As `run`; what its threads have open is closed at the end."""

    async def closing() -> T:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        try:
            return await coroutine
        finally:
            # What was begun beside it, or is left unread, still asks the database.
            await asyncio.get_running_loop().shutdown_asyncgens()
            if others := asyncio.all_tasks() - {asyncio.current_task()}:
                await asyncio.wait(others, timeout=5)
            await asyncio.to_thread(connections.close_all)

    return run(closing())
