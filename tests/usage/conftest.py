from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest


@pytest.fixture
def make_keys() -> Callable[..., list[UUID]]:
    from apikeys.services import create_key

    def make(user: Any, count: int = 2) -> list[UUID]:
        return [create_key(user=user, name=f"Key {n}", permissions=("chat",))[0].pk for n in range(count)]

    return make
