"""One call at the gateway's door, whichever server brought it."""

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from apikeys.limits import Limit
from chat.gateway.dialects import CallerDialect
from portal.web.ids import encode, uuid7


@dataclass(frozen=True)
class Caller:
    """Who pays. `permissions` is None for a person in their browser, who may do everything.

    Empty `allowed_models` are all of them.
    """

    user_id: UUID
    key_id: UUID | None = None
    permissions: frozenset[str] | None = None
    allowed_models: frozenset[str] = frozenset()
    limits: Sequence[Limit] = ()


@dataclass(frozen=True)
class Call:
    """`headers` with lower-case names; `raw_headers` as ASGI has them; `started` on the monotonic clock,
    `arrived` on the wall.

    `caller` is set when Django has already signed the person in.
    """

    path: str
    headers: Mapping[str, str]
    raw_headers: list[tuple[bytes, bytes]]
    address: str | None
    caller: Caller | None = None
    id: UUID = field(default_factory=uuid7)
    started: float = field(default_factory=time.monotonic)
    arrived: datetime = field(default_factory=timezone.now)

    @property
    def request_id(self) -> str:
        return encode("req", self.id)

    @property
    def answer_id(self) -> str:
        return self.id.hex


@dataclass(frozen=True)
class Reply:
    """`body` is whole, or comes piece by piece; then `ping` may be sent between two pieces."""

    status: int
    headers: dict[str, str]
    body: bytes | AsyncGenerator[bytes, None]
    ping: bytes = b""


def headers_of(call: Call, dialect: CallerDialect) -> dict[str, str]:
    """What every answer carries."""
    return {
        "content-type": "application/json",
        "x-request-id": call.request_id,
        "x-portal-format": dialect.NAME,
    }
