"""What every model server looks like from inside."""

from collections.abc import AsyncGenerator
from typing import Protocol

from chat.gateway.events import Batch
from chat.gateway.request import Request


class Upstream(Protocol):
    """`model` is the upstream's own name for the model.

    The call begins with the first `anext`; closing the iterator early cancels it on the model server.
    """

    def call(self, request: Request, model: str) -> AsyncGenerator[Batch, None]:
        """Raises `InvalidRequest` at once where this server's format has no words for the request."""

    async def count_tokens(self, request: Request, model: str) -> int | None:
        """Of the request's input, as this server counts; None where it does not."""

    async def count_said(self, said: str, model: str) -> int | None:
        """Of a text that the model said, as this server counts; None where it does not."""
