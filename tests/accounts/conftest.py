from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from typing import Any

import httpx
import pytest

from tests.conftest import PASSWORD
from tests.portal_process import PortalProcess

_numbers = count(1)


@pytest.fixture
def sign_in_by_form(portal: PortalProcess) -> Iterator[Callable[..., httpx.Client]]:
    """As people do, with all that the portal notes of it; each from an address of its own."""

    def make(user: Any, url: str = portal.url) -> httpx.Client:
        number = next(_numbers)
        transport = httpx.HTTPTransport(local_address=f"127.1.{200 + number // 250}.{number % 250 + 1}")
        client = open_clients.enter_context(
            httpx.Client(base_url=url, follow_redirects=True, timeout=30, transport=transport)
        )
        client.get("/login")
        data = {"login": user.email, "password": PASSWORD, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        assert client.post("/login", data=data).url.path == "/chat"
        client.headers["x-csrftoken"] = client.cookies["csrftoken"]
        return client

    with ExitStack() as open_clients:
        yield make
