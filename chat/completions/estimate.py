"""What a call may come to, before it is made: for limits that set something aside."""

import msgspec
from django.conf import settings

from apikeys.limits import Estimate
from chat.gateway.request import (
    AnyPart,
    Document,
    Image,
    Request,
    Service,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from chat.models import PublicModel

# Rule of thumb for text nobody counted: four characters a token.
CHARACTERS_PER_TOKEN = 4
# Few texts have more tokens than this: bytes of UTF-8 a token, and what templates put around each message.
FEWEST_BYTES_PER_TOKEN = 2
TOKENS_AROUND = 64
# What the large providers charge for a picture of a screen, about.
IMAGE_TOKENS = 1500
_MILLION = 1_000_000


def estimate(request: Request, model: PublicModel) -> Estimate:
    """The answer is as long as the caller allows, else the model, else the operator says."""
    length = request.sampling.max_tokens or model.max_output_tokens or settings.RESERVED_OUTPUT_TOKENS
    output = 0 if request.service is Service.EMBEDDINGS else length * _choices(request)
    fewest, most = input_tokens(request)
    prices = model.prices
    cheapest = min(prices.input, prices.cached, prices.cache_write)
    dearest = max(prices.input, prices.cached, prices.cache_write)
    return Estimate(
        least_tokens=fewest + 1,
        most_tokens=most + output,
        least_cost=(fewest * cheapest + prices.output) / _MILLION,
        most_cost=(most * dearest + output * prices.output) / _MILLION,
    )


def input_tokens(request: Request) -> tuple[int, int]:
    """As few, and as many, as it may be."""
    if request.service is not Service.CHAT and request.passage is not None:
        size = len(msgspec.json.encode(request.passage.raw))
        return 0, size // FEWEST_BYTES_PER_TOKEN
    parts = [part for message in request.messages for part in message.parts]
    parts += [inner for part in parts if isinstance(part, ToolResult) for inner in part.content]
    texts = [*(text.text for text in request.system), *map(_text, parts)]
    if request.tools:
        texts.append(msgspec.json.encode(request.tools).decode())
    images = IMAGE_TOKENS * sum(isinstance(part, Image) for part in parts)
    characters = sum(map(len, texts))
    size = sum(len(text) if text.isascii() else len(text.encode("utf-8", "replace")) for text in texts)
    around = TOKENS_AROUND + 8 * len(request.messages)
    return characters // CHARACTERS_PER_TOKEN + images, size // FEWEST_BYTES_PER_TOKEN + images + around


def _text(part: AnyPart) -> str:
    match part:
        case Text() | Thinking():
            return part.text
        case ToolCall():
            return part.name + part.arguments
        case Document():
            return part.text or part.data or ""
        case _:
            return ""


def _choices(request: Request) -> int:
    """Several answers at once are OpenAI's `n`."""
    wanted = request.passage.raw.get("n") if request.passage else None
    return wanted if isinstance(wanted, int) and wanted > 0 else 1
