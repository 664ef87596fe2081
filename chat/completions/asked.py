"""A call that was understood."""

from dataclasses import dataclass

from chat.completions.context import Call, Caller
from chat.completions.metering import Meter
from chat.gateway.dialects import CallerDialect
from chat.gateway.request import Request


@dataclass(frozen=True)
class Asked:
    """Who asks what, in which format, and what counts it. `body` as it came."""

    call: Call
    caller: Caller
    dialect: CallerDialect
    request: Request
    body: bytes
    meter: Meter
