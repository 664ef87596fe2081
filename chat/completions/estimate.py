"""What a call may come to, before it is made: for limits that set something aside."""

from decimal import Decimal

import msgspec
from django.conf import settings

from apikeys.limits import Estimate
from chat.gateway.request import AnyPart, Document, Image, Request, Text, Thinking, ToolCall, ToolResult
from chat.models import PublicModel

# Rule of thumb for text nobody counted: four characters a token.
CHARACTERS_PER_TOKEN = 4
# What the large providers charge for a picture of a screen, about.
IMAGE_TOKENS = 1500
_MILLION = 1_000_000


def estimate(request: Request, model: PublicModel) -> Estimate:
    """The answer is as long as the caller allows, else the model, else the operator says."""
    length = request.sampling.max_tokens or model.max_output_tokens or settings.RESERVED_OUTPUT_TOKENS
    least = input_tokens(request)
    output = length * _choices(request)
    prices = model.prices
    dearest = max(prices.input, prices.cached, prices.cache_write)
    cheapest = min(prices.input, prices.cached, prices.cache_write)
    return Estimate(
        least_tokens=least,
        most_tokens=least + output,
        least_cost=Decimal(least * cheapest) / _MILLION,
        most_cost=Decimal(least * dearest + output * prices.output) / _MILLION,
    )


def input_tokens(request: Request) -> int:
    """At least one."""
    characters = sum(len(text.text) for text in request.system)
    if request.tools:
        characters += len(msgspec.json.encode(request.tools))
    parts = [part for message in request.messages for part in message.parts]
    parts += [inner for part in parts if isinstance(part, ToolResult) for inner in part.content]
    images = sum(isinstance(part, Image) for part in parts)
    characters += sum(_length(part) for part in parts)
    return max(1, -(-characters // CHARACTERS_PER_TOKEN) + images * IMAGE_TOKENS)


def _length(part: AnyPart) -> int:
    match part:
        case Text() | Thinking():
            return len(part.text)
        case ToolCall():
            return len(part.arguments) + len(part.name)
        case Document():
            return len(part.text or part.data or "")
        case _:
            return 0


def _choices(request: Request) -> int:
    """Several answers at once are OpenAI's `n`."""
    wanted = request.passage.raw.get("n") if request.passage else None
    return wanted if isinstance(wanted, int) and wanted > 0 else 1
