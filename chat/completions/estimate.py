"""What a call may come to, before it is made: for limits that set something aside."""

import msgspec
from django.conf import settings

from apikeys.limits import Estimate
from chat.gateway.events import MOST_TOKENS
from chat.gateway.request import (
    AnyPart,
    Document,
    Foreign,
    Image,
    Request,
    Service,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from chat.models import PublicModel
from usage.prices import Prices

# Rule of thumb for text nobody counted: four characters a token.
CHARACTERS_PER_TOKEN = 4
# Few texts have more tokens than this: bytes of UTF-8 a token, and what templates put around each message.
FEWEST_BYTES_PER_TOKEN = 2
TOKENS_AROUND = 64
# What the large providers charge for a picture of a screen, about.
IMAGE_TOKENS = 1500
_MILLION = 1_000_000


def estimate(request: Request, model: PublicModel, prices: Prices) -> Estimate:
    """The answer is as long as the caller allows, else the model, else the operator says."""
    output = 0 if request.service is Service.EMBEDDINGS else _length(request, model) * _choices(request)
    output = min(output, MOST_TOKENS)
    fewest, most = input_tokens(request)
    images = _choices(request) if request.service is Service.IMAGES else 0
    certain = images * prices.image + prices.request
    cheapest = min(prices.input, prices.cached, prices.cache_write)
    dearest = max(prices.input, prices.cached, prices.cache_write)
    return Estimate(
        least_tokens=fewest + 1,
        most_tokens=most + output,
        least_cost=(fewest * cheapest + prices.output) / _MILLION + certain,
        most_cost=(most * dearest + output * prices.output) / _MILLION + certain,
    )


def _length(request: Request, model: PublicModel) -> int:
    """Of one answer, with its thinking: where a caller of OpenAI's format asks for some, an Anthropic server
    gets it on top of the limit. llama.cpp's own name for the limit beats the format's."""
    unlimited = model.max_output_tokens or settings.RESERVED_OUTPUT_TOKENS
    length = request.sampling.max_tokens or unlimited
    if request.dialect == "openai":
        length += request.thinking_budget or 0
    theirs = request.extra.get("n_predict")
    if isinstance(theirs, int):
        length = max(length, theirs if theirs >= 0 else unlimited)
    return length


def input_tokens(request: Request) -> tuple[int, int]:
    """As few, and as many, as it may be. How few an image, or what comes encoded, may be, nobody knows."""
    if request.service is not Service.CHAT and request.passage is not None:
        size = len(msgspec.json.encode(request.passage.raw))
        return 0, size // FEWEST_BYTES_PER_TOKEN
    parts = [part for message in request.messages for part in message.parts]
    parts += [inner for part in parts if isinstance(part, ToolResult) for inner in part.content]
    texts = [*(text.text for text in request.system), *map(_text, parts)]
    shapes = (request.tools, request.foreign_tools, request.output_format)
    if any(shapes):
        texts.append(msgspec.json.encode(shapes).decode())
    images = IMAGE_TOKENS * sum(isinstance(part, Image) for part in parts)
    characters = sum(map(len, texts))
    texts += map(_encoded, parts)
    size = sum(len(text) if text.isascii() else len(text.encode("utf-8", "replace")) for text in texts)
    around = TOKENS_AROUND + 8 * len(request.messages)
    return characters // CHARACTERS_PER_TOKEN, size // FEWEST_BYTES_PER_TOKEN + images + around


def _text(part: AnyPart) -> str:
    match part:
        case Text():
            return part.text
        case Thinking():
            return part.text
        case ToolCall():
            return part.name + part.arguments
        case Document():
            return part.text or ""
        case Foreign():
            return msgspec.json.encode(part.raw).decode()
        case _:
            return ""


def _encoded(part: AnyPart) -> str:
    match part:
        case Thinking():
            return part.redacted or ""
        case Document(text=None):
            return part.data or ""
        case _:
            return ""


def tokens_of(characters: int) -> int:
    """Of a text nobody counted."""
    return -(-characters // CHARACTERS_PER_TOKEN)


def _choices(request: Request) -> int:
    """Several answers at once are OpenAI's `n`."""
    wanted = request.passage.raw.get("n") if request.passage else None
    return wanted if isinstance(wanted, int) and wanted > 0 else 1
