"""The tokens of a call whose model server never came to telling them: an answer that broke off, or a server
that tells none. Its tokenizer counts what was said; where that cannot be asked, they are estimated."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

import msgspec

from chat.completions.estimate import tokens_of
from chat.gateway import events as ev
from chat.gateway.errors import GatewayError
from chat.gateway.relay import Relay
from chat.gateway.request import Request, Service
from chat.gateway.routing import Deployment
from usage.ledger import TokensSource

log = logging.getLogger(__name__)

# Seconds for all that is asked of a tokenizer: whoever stops an answer waits for its settlement.
PATIENCE = 2.0
# Seconds that a deployment which had no count is not asked again: without a tokenizer, or with one that
# hangs, it would hold up each settlement anew.
ASK_AGAIN_AFTER = 60.0

_mute_since: dict[str, float] = {}


async def tally(relay: Relay) -> tuple[ev.Usage, TokensSource]:
    """`COUNTED` where nothing of it had to be estimated. Never raises for what a model server does."""
    said, told = relay.collector.said, _told(relay)
    asked, deployment = relay.request, relay.route.deployment
    if not said or deployment is None or asked.service is not Service.CHAT:
        return estimated(relay, lambda: estimated_input(asked)), TokensSource.ESTIMATED
    output, counted = await _counts(deployment, said, None if told else asked)
    given = told or ev.Usage(input=counted or estimated_input(asked))
    usage = msgspec.structs.replace(given, output=output or tokens_of(len(said)))
    is_counted = output and (told or counted)
    return usage, TokensSource.COUNTED if is_counted else TokensSource.ESTIMATED


def _told(relay: Relay) -> ev.Usage | None:
    """What the server said went in; zero stands for what it does not know yet."""
    told = relay.collector.told
    return told if told and told.input else None


async def _counts(deployment: Deployment, said: str, asked: Request | None) -> tuple[int | None, int | None]:
    """Of what the deployment said, and of what it was `asked` where nobody knows that: as it counts itself.
    A deployment that cannot count the one is not sent the other, which may be much longer."""
    if time.monotonic() - _mute_since.get(deployment.id, -ASK_AGAIN_AFTER) < ASK_AGAIN_AFTER:
        return None, None
    upstream, model = deployment.upstream, deployment.model
    end = asyncio.get_running_loop().time() + PATIENCE
    output = await _count_by(end, upstream.count_said(said, model))
    if output is None:
        _mute_since[deployment.id] = time.monotonic()
        return None, None
    given = await _count_by(end, upstream.count_tokens(asked, model)) if asked else None
    return output, given


async def _count_by(end: float, counting: Awaitable[int | None]) -> int | None:
    """None for what is late, refused, or no count of something. `end` by the event loop's clock."""
    try:
        async with asyncio.timeout_at(end):
            count = await counting
    except (TimeoutError, GatewayError):
        return None
    except Exception:
        # The row must be closed whatever happens here.
        log.exception("What a model said could not be counted.")
        return None
    return count if count and 0 < count <= ev.MOST_TOKENS else None


def estimated(relay: Relay, known_input: Callable[[], int]) -> ev.Usage:
    """Without any output nothing was used, unless the answer came to its end: that of embeddings has none.
    May be read beside the event loop while the answer grows."""
    said, told = relay.collector.characters, _told(relay)
    if not (said or told or relay.collector.finish):
        return ev.Usage()
    return msgspec.structs.replace(told or ev.Usage(input=known_input()), output=tokens_of(said))


def estimated_input(request: Request) -> int:
    """Tokens. Of a request that is not told in canonical terms: from the body it came in."""
    passage = request.passage
    told: object = (request.system, request.messages, request.tools)
    if request.service is not Service.CHAT and passage is not None:
        told = passage.raw
    return tokens_of(len(msgspec.json.encode(told)))
