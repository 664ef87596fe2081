"""A stream that says it is still there while the model is silent (conformance O27)."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

SendPiece = Callable[[bytes], Awaitable[None]]
# Seconds. Who takes nothing for so long has left, and only forgot to say so (battery F08).
TAKEN_WITHIN = 120.0


@asynccontextmanager
async def kept_alive(
    send: SendPiece, ping: bytes, seconds: float, leave: Callable[[], None]
) -> AsyncGenerator[SendPiece, None]:
    """Gives a `send` that is followed by a `ping` after so many `seconds` of silence, again and again.

    `leave` is called for a reader who takes nothing.
    """
    silence = _Silence(send, ping, seconds, leave)
    try:
        yield silence.send
    finally:
        silence.end()


class _Silence:
    """One timer serves the whole stream; to send a piece only notes the time."""

    def __init__(self, send: SendPiece, ping: bytes, seconds: float, leave: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._send = send
        self._ping = ping
        self._seconds = seconds
        self._leave = leave
        self._sent_at = self._loop.time()
        self._is_sending = False
        self._timer = self._loop.call_later(seconds, self._look)
        self._pinging: asyncio.Task[None] | None = None

    async def send(self, piece: bytes) -> None:
        if self._pinging is not None:
            # The server takes one piece at a time.
            await self._pinging
        self._sent_at, self._is_sending = self._loop.time(), True
        await self._send(piece)
        self._sent_at, self._is_sending = self._loop.time(), False

    def end(self) -> None:
        self._timer.cancel()
        if self._pinging is not None:
            self._pinging.cancel()

    def _look(self) -> None:
        patience = TAKEN_WITHIN if self._is_sending else self._seconds
        left = self._sent_at + patience - self._loop.time()
        if left <= 0:
            if self._is_sending:
                self._leave()
                return
            self._pinging = asyncio.ensure_future(self._send(self._ping))
            self._pinging.add_done_callback(self._pinged)
            self._sent_at, self._is_sending = self._loop.time(), True
            left = TAKEN_WITHIN
        self._timer = self._loop.call_later(min(left, self._seconds), self._look)

    def _pinged(self, pinging: "asyncio.Future[None]") -> None:
        self._pinging = None
        self._sent_at, self._is_sending = self._loop.time(), False
        if not pinging.cancelled():
            pinging.exception()
