"""Titles that a session's own model gives after its first answer. Nobody waits for them; they are calls like
any other: within the person's limits, and on the ledger."""

import asyncio
import logging
from contextlib import aclosing

from apikeys.allowances import limits_of_person
from chat.catalogue.lookup import find_model
from chat.completions import admission
from chat.completions.context import Call, Caller
from chat.completions.metering import Meter
from chat.conversations import titles
from chat.gateway.errors import GatewayError, UpstreamTimeout
from chat.gateway.relay import Relay
from chat.gateway.request import Message, Request, Sampling, Text
from chat.models import Message as StoredMessage
from chat.models import PublicModel
from chat.models.catalogue import UpstreamKind
from portal.database import in_database

FORMAT = "title"
# Seconds; a title that comes later surprises more than it helps.
PATIENCE = 20.0
# Tokens: a few words, and room for a model that thinks first.
LENGTH = 400

log = logging.getLogger(__name__)
_running: set[asyncio.Task[None]] = set()


def begin(answer: StoredMessage, address: str | None) -> None:
    """In the background, if `answer` is the first one of a session without a name."""
    task = asyncio.create_task(_entitle(answer, Call("/title", {}, [], address)))
    _running.add(task)
    task.add_done_callback(_running.discard)


async def stop_all() -> None:
    """The server is going."""
    for task in _running:
        task.cancel()
    await asyncio.gather(*_running, return_exceptions=True)


async def _entitle(answer: StoredMessage, call: Call) -> None:
    try:
        opening = await in_database(titles.opening_of, answer)
        if opening is None:
            return
        await in_database(titles.give_first_words, opening)
        said = await _ask(opening, call)
        if said and not await in_database(titles.give, opening, said):
            log.info("%s: no title in what %s said.", call.request_id, opening.model)
    except GatewayError as error:
        log.info("%s: no title: %s", call.request_id, error)
    except Exception:
        log.exception("%s: no title.", call.request_id)


async def _ask(opening: titles.Opening, call: Call) -> str:
    """Empty where only the built-in model would answer: it has nothing to say on the matter."""
    model, route = await find_model(opening.model, opening.user_id)
    if _is_builtin(model):
        return ""
    request = Request(
        model=opening.model,
        messages=(Message("user", (Text(opening.told),)),),
        system=(Text(titles.INSTRUCTIONS),),
        sampling=Sampling(max_tokens=LENGTH),
        stream=True,
    )
    caller = Caller(opening.user_id)
    meter = Meter(call, await limits_of_person(caller.user_id, call.arrived))
    settler = await admission.admit(call, caller, request, model, FORMAT, meter)
    relay = settler.relay(request, route)
    try:
        async with asyncio.timeout(PATIENCE):
            await _read(relay)
    except TimeoutError:
        late = UpstreamTimeout("The title did not come in time.")
        await settler.settle(relay, late)
        raise late from None
    except BaseException as error:
        await settler.settle(relay, error)
        raise
    await settler.settle(relay)
    return relay.collector.answer.text


async def _read(relay: Relay) -> None:
    async with aclosing(relay.batches()) as batches:
        async for _ in batches:
            pass


def _is_builtin(model: PublicModel) -> bool:
    return all(row.upstream.kind == UpstreamKind.BUILTIN for row in model.usable)  # type: ignore[attr-defined]
