"""What every model server looks like from inside."""

from collections.abc import AsyncGenerator
from typing import Protocol

from chat.gateway.events import Event
from chat.gateway.request import Request


class Upstream(Protocol):
    """`model` is the upstream's own name for the model.

    Closing the iterator early cancels the call on the model server.
    """

    def events(self, request: Request, model: str) -> AsyncGenerator[Event, None]: ...
