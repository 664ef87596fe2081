"""The browser's socket: asks, attaches to answers being written, stops them."""

import asyncio
import json
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from accounts.access import User, may_use_models, people_signed_in
from chat import access
from chat.conversations import services
from chat.conversations.event_log import event_log
from chat.generation import run
from chat.models import Message
from chat.models.conversation import MessageStatus
from chat.presence import Forget, watch
from chat.rendering.markdown import render_blocks
from portal.web.client_address import client_address
from portal.web.errors import ApiError, BadParameter, NotFound

MAX_FRAME = 1_000_000
# Codes of our own (RFC 6455 § 7.4.2): the page reacts to them.
NOT_SIGNED_IN = 4401
TOO_LARGE = 1009


class ChatConsumer(AsyncWebsocketConsumer):
    """Protocol: JSON text frames, described in `docs/browser-protocol.md`."""

    async def connect(self) -> None:
        self._attached: dict[str, asyncio.Task[None]] = {}
        self._forget: Forget = lambda: None
        await self.accept()
        user = await self._user()
        if user is None:
            await self.close(NOT_SIGNED_IN)
            return
        self._forget = watch(user.pk, self._leave, session_key=self.scope["session"].session_key)

    def _leave(self) -> None:
        """Signed out elsewhere, or disabled: the page goes to the sign-in page."""
        self._closing = asyncio.create_task(self.close(NOT_SIGNED_IN))

    async def disconnect(self, code: int) -> None:
        self._forget()
        for task in self._attached.values():
            task.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if text_data is None or len(text_data) > MAX_FRAME:
            await self.close(TOO_LARGE)
            return
        user = await self._user()
        if user is None:
            await self.close(NOT_SIGNED_IN)
            return
        command: Any = {}
        try:
            command = _command(text_data)
            await self._commands[command["type"]](self, user, command)
        except ApiError as error:
            await self._send(type="rejected", ref=command.get("ref"), message=str(error))

    async def _ask(self, user: User, command: dict[str, Any]) -> None:
        question, answer = await database_sync_to_async(services.ask)(
            user=user,
            session_id=command.get("session"),
            text=str(command.get("text", "")),
            model=str(command.get("model") or settings.DEFAULT_MODEL),
        )
        await run.start(answer, user.pk, self._address())
        session = answer.session
        await self._send(
            type="asked",
            ref=command.get("ref"),
            session={
                "id": session.public_id,
                "title": session.title,
                "url": f"/chat/{session.public_id}",
                "created": command.get("session") is None,
            },
            question={"id": question.public_id, "text": question.text},
            answer={"id": answer.public_id, "model": answer.model},
            generation=services.generation_id(answer),
        )

    async def _attach(self, user: User, command: dict[str, Any]) -> None:
        generation, after = str(command.get("generation")), str(command.get("after") or "0")
        answer = await self._answer(user, generation)
        if generation in self._attached:
            self._attached[generation].cancel()
        self._attached[generation] = asyncio.create_task(self._follow(answer, generation, after))

    async def _stop(self, user: User, command: dict[str, Any]) -> None:
        generation = str(command.get("generation"))
        await self._answer(user, generation)
        await event_log().request_stop(generation)

    async def _follow(self, answer: Message, generation: str, after: str) -> None:
        async for event_id, event in event_log().follow(generation, after):
            await self._send(type="event", generation=generation, id=event_id, event=event)
            if event["type"] == "finish":
                return
        await self._send_stored(answer, generation, after)

    async def _send_stored(self, answer: Message, generation: str, after: str) -> None:
        """The log is gone: what was stored is the answer."""
        await answer.arefresh_from_db()
        for index, html in enumerate(render_blocks(answer.text)):
            block = {"type": "block", "index": index, "html": html}
            await self._send(type="event", generation=generation, id=after, event=block)
        is_lost = answer.status == MessageStatus.STREAMING
        finish = {
            "type": "finish",
            "status": MessageStatus.INTERRUPTED if is_lost else answer.status,
            "error": answer.error or None,
            "model": answer.model,
            "input_tokens": answer.input_tokens,
            "output_tokens": answer.output_tokens,
        }
        await self._send(type="event", generation=generation, id=after, event=finish)

    async def _answer(self, user: User, generation: str) -> Message:
        public_id = generation.replace("gen_", "msg_", 1)
        return await database_sync_to_async(access.get_answer)(user, public_id)

    async def _user(self) -> User | None:
        """Asked anew for every command: a disabled or signed-out person is out at once."""
        return await database_sync_to_async(_current_user)(self.scope)

    def _address(self) -> str | None:
        headers = dict(self.scope["headers"])
        forwarded = headers.get(b"x-forwarded-for", b"").decode("latin-1")
        peer = (self.scope.get("client") or [""])[0]
        return client_address(peer, forwarded, settings.TRUSTED_PROXIES)

    async def _send(self, **frame: Any) -> None:
        await self.send(text_data=json.dumps(frame))

    _commands = {"ask": _ask, "attach": _attach, "stop": _stop}


def _command(text: str) -> dict[str, Any]:
    try:
        command = json.loads(text)
    except (ValueError, RecursionError):
        raise BadParameter("The frame is not valid JSON.") from None
    if not isinstance(command, dict) or command.get("type") not in ChatConsumer._commands:
        raise BadParameter("Unknown command.", "type")
    if not isinstance(command.get("session"), str | None):
        raise NotFound("There is no such chat.")
    return command


def _current_user(scope: dict[str, Any]) -> User | None:
    key = scope["session"].session_key
    user = people_signed_in([key]).get(key) if key else None
    return user if may_use_models(user) else None
