"""A call that is sent again with its `Idempotency-Key` is answered once (conformance H09).

For a day, and for whole answers: a stream is told to one reader. A call that failed may be tried again.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta

from asgiref.sync import sync_to_async
from django.db import IntegrityError, transaction
from django.utils import timezone

from chat.completions.context import Call, Caller, Reply
from chat.gateway.errors import Conflict, InvalidRequest
from chat.gateway.request import Request
from chat.models import StoredAnswer

HEADER = "idempotency-key"
MAX_LENGTH = 255
KEPT = timedelta(hours=24)
# A call that has not ended by now has died with its process.
LONGEST_CALL = timedelta(hours=1)


def is_wanted(call: Call, request: Request) -> bool:
    return HEADER in call.headers and not request.stream


async def once(call: Call, caller: Caller, body: bytes, answer: Callable[[], Awaitable[Reply]]) -> Reply:
    """Raises `Conflict` while the first call is under way, `InvalidRequest` when it asked something else."""
    key = call.headers[HEADER]
    if not key or len(key) > MAX_LENGTH:
        raise InvalidRequest(f"Idempotency-Key: 1 to {MAX_LENGTH} characters.", "Idempotency-Key")
    place = _digest(str(caller.user_id), str(caller.key_id), key)
    claiming = asyncio.ensure_future(_claim(place, _digest(call.path, body.decode("latin-1"))))
    try:
        earlier = await asyncio.shield(claiming)
    except asyncio.CancelledError:
        # The claim is made all the same, and nobody would ever keep or release it.
        if await claiming is None:
            await _release(place)
        raise
    if earlier is not None:
        return earlier
    try:
        reply = await answer()
    except BaseException:
        await asyncio.shield(_release(place))
        raise
    await asyncio.shield(_keep(place, reply))
    return reply


def forget_old() -> int:
    count, _ = StoredAnswer.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    return count


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _claim_now(place: str, request: str) -> Reply | None:
    """None: the place is ours, and must be kept or released."""
    now = timezone.now()
    rows = StoredAnswer.objects.filter(pk=place)
    rows.filter(created_at__lt=now - KEPT).delete()
    rows.filter(created_at__lt=now - LONGEST_CALL, body=None).delete()
    try:
        with transaction.atomic():
            StoredAnswer.objects.create(pk=place, request=request)
    except IntegrityError:
        return _earlier(rows.first(), request)
    return None


def _earlier(row: StoredAnswer | None, request: str) -> Reply:
    if row is not None and row.request != request:
        raise InvalidRequest("Idempotency-Key: it came with another request before.", "Idempotency-Key")
    if row is None or row.body is None:
        message = "The first request with this Idempotency-Key is still being answered."
        raise Conflict(message, "Idempotency-Key", {"retry-after": "1"})
    return Reply(200, {**row.headers, "idempotent-replayed": "true"}, bytes(row.body))


def _keep_now(place: str, reply: Reply) -> None:
    rows = StoredAnswer.objects.filter(pk=place)
    if reply.status == 200 and isinstance(reply.body, bytes):
        rows.update(headers=reply.headers, body=reply.body)
    else:
        rows.delete()


def _release_now(place: str) -> None:
    StoredAnswer.objects.filter(pk=place, body=None).delete()


_claim = sync_to_async(_claim_now, thread_sensitive=False)
_keep = sync_to_async(_keep_now, thread_sensitive=False)
_release = sync_to_async(_release_now, thread_sensitive=False)
