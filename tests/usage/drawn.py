"""Pages as the test's own process draws them, with what the database was asked meanwhile. In a thread of
its own, because Playwright keeps a loop running in the test's."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext


@dataclass(frozen=True)
class Drawn:
    """`asked` are the statements, in their order."""

    status: int
    html: str
    asked: list[str]


Draw = Callable[..., Drawn]


def drawer(browser: httpx.Client, **cookies: str) -> Draw:
    """For whoever is signed in there."""

    def draw(path: str, **query: Any) -> Drawn:
        client = Client()
        client.cookies.load({"sessionid": browser.cookies["sessionid"], **cookies})
        try:
            with CaptureQueriesContext(connection) as log:
                response = client.get(path, query)
            return Drawn(response.status_code, response.content.decode(), [each["sql"] for each in log])
        finally:
            connections.close_all()

    def apart(path: str, **query: Any) -> Drawn:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(draw, path, **query).result()

    return apart
