"""The browser's socket: commands in, what happens in its person's chats out."""

import asyncio
import json
import time
from collections import deque
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

from accounts.access import User, may_use_models, people_signed_in, preferences_of
from chat.conversations.live import group_of
from chat.generation import commands
from chat.generation.feed import Feed
from chat.presence import Forget, watch
from portal.database import in_database
from portal.web.client_address import client_address
from portal.web.errors import ApiError

MAX_FRAME = 4_000_000
# Codes of our own (RFC 6455 § 7.4.2): the page reacts to them.
NOT_SIGNED_IN = 4401
TOO_MANY = 4429
TOO_LARGE = 1009
# Commands a socket may send in so many seconds; no hand is faster (battery W07).
MOST_COMMANDS = 60
WITHIN = 10.0


class ChatConsumer(AsyncWebsocketConsumer):
    """Protocol: JSON text frames, described in `docs/browser-protocol.md`."""

    async def connect(self) -> None:
        self._feed = Feed(self._send)
        self._forget: Forget = lambda: None
        self._group: str | None = None
        self._received: deque[float] = deque(maxlen=MOST_COMMANDS)
        await self.accept()
        user = await self._user()
        if user is None:
            await self.close(NOT_SIGNED_IN)
            return
        # For this socket's task and all that come of it.
        translation.activate(await in_database(_language, self.scope, user))
        self._forget = watch(user.pk, self._leave, session_key=self.scope["session"].session_key)
        self._group = group_of(user.pk)
        await self.channel_layer.group_add(self._group, self.channel_name)

    def _leave(self) -> None:
        """Signed out elsewhere, or disabled: the page goes to the sign-in page."""
        self._closing = asyncio.create_task(self.close(NOT_SIGNED_IN))

    async def disconnect(self, code: int) -> None:
        self._forget()
        self._feed.close()
        if self._group is not None:
            await self.channel_layer.group_discard(self._group, self.channel_name)

    async def tell(self, message: dict[str, Any]) -> None:
        """From `chat.conversations.live`."""
        await self._send(message["frame"])

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if text_data is None or len(text_data) > MAX_FRAME:
            await self.close(TOO_LARGE)
        elif self._is_too_fast():
            await self.close(TOO_MANY)
        elif (user := await self._user()) is None:
            await self.close(NOT_SIGNED_IN)
        else:
            await self._obey(user, text_data)

    async def _obey(self, user: User, text: str) -> None:
        try:
            command = commands.read(text)
            if isinstance(command, commands.Attach):
                answer = await commands.require_own(user, command.generation)
                self._feed.follow(command.generation, command.after, answer)
            elif frame := await commands.obey(commands.Sender(user, self._address()), command):
                await self._send(frame)
        except ApiError as error:
            await self._send(commands.rejected(text, error))

    def _is_too_fast(self) -> bool:
        now = time.monotonic()
        is_full = len(self._received) == MOST_COMMANDS
        is_too_fast = is_full and now - self._received[0] < WITHIN
        self._received.append(now)
        return is_too_fast

    async def _user(self) -> User | None:
        """Asked anew for every command: a disabled or signed-out person is out at once."""
        return await in_database(_current_user, self.scope)

    def _address(self) -> str | None:
        headers = dict(self.scope["headers"])
        forwarded = headers.get(b"x-forwarded-for", b"").decode("latin-1")
        peer = (self.scope.get("client") or [""])[0]
        return client_address(peer, forwarded, settings.TRUSTED_PROXIES)

    async def _send(self, frame: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(frame))


def _language(scope: dict[str, Any], user: User) -> str:
    """As pages do it: what the person chose, else what the browser says."""
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = (
        dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1")
    )
    return preferences_of(user).language or translation.get_language_from_request(request)


def _current_user(scope: dict[str, Any]) -> User | None:
    key = scope["session"].session_key
    user = people_signed_in([key]).get(key) if key else None
    return user if may_use_models(user) else None
