"""The door for requests that carry a key and come to plain ASGI: whose they are, and whether they may."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from asgiref.sync import sync_to_async

from apikeys.allowances import limits_of_person
from apikeys.credentials import ConflictingCredentials, presented_secret
from apikeys.guessing import count_wrong_key
from apikeys.holders import Holder, find_holder, require_usable
from apikeys.limiter import LIMITER
from apikeys.limits import Estimate, Kind, limits_of
from portal.web.errors import InvalidKey

NO_KEY = "You did not provide an API key: send it as `Authorization: Bearer KEY` or `x-api-key: KEY`."


async def admitted(headers: Iterable[tuple[bytes, bytes]], address: str | None) -> Holder:
    """`headers` as ASGI has them. Raises `InvalidKey`, `NotAllowed`, or `TooManyRequests` for who guesses."""
    try:
        secret = presented_secret(headers)
    except ConflictingCredentials:
        raise InvalidKey("The request carries two different API keys.") from None
    if secret is None:
        raise InvalidKey(NO_KEY)
    found = await find_holder(secret)
    if found is None:
        await sync_to_async(count_wrong_key, thread_sensitive=False)(address)
    return require_usable(found, address)


async def count_request(holder: Holder, request: UUID, at: datetime) -> None:
    """A request that asks no model: only the requests a minute of its key and of its owner count it.

    Raises `LimitReached` or `LimitsUnavailable`. The ledger does not know it, so a counter that gets lost
    forgets it.
    """
    limits = (*limits_of(holder), *await limits_of_person(holder.user_id, at))
    counted = [limit for limit in limits if limit.kind is Kind.REQUESTS_PER_MINUTE]
    if counted:
        await LIMITER.reserve(counted, request, at, Estimate())
