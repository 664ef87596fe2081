"""OpenAI image generation: one format on both sides, read only as far as limits and ledger need."""

from typing import Any

import msgspec

from chat.gateway import events as ev
from chat.gateway.errors import InvalidRequest, UpstreamError
from chat.gateway.request import PORTAL_FIELDS, Request, Service

Json = dict[str, Any]
PATH = "/images/generations"


class _Wire(msgspec.Struct):
    model: str
    prompt: str
    n: int | None = None
    stream: bool | None = None


def decode_request(raw: Json) -> Request:
    """Raises `InvalidRequest` naming the field."""
    try:
        wire = msgspec.convert(raw, _Wire)
    except msgspec.ValidationError as error:
        field = str(error).partition("`$.")[2].partition("`")[0]
        raise InvalidRequest(str(error), field or None) from error
    if not wire.prompt.strip():
        raise InvalidRequest("`prompt` must not be empty.", "prompt")
    if wire.n is not None and wire.n < 1:
        raise InvalidRequest("`n` must be at least 1.", "n")
    if wire.stream:
        raise InvalidRequest("Images are not streamed: leave out `stream`.", "stream")
    return Request(model=wire.model, dialect="openai", service=Service.IMAGES)


def pass_request(request: Request, model: str) -> Json:
    raw = request.passage.raw if request.passage else {}
    return {name: value for name, value in raw.items() if name not in PORTAL_FIELDS} | {"model": model}


def pass_answer(body: bytes, request: Request, answer_id: str) -> ev.Wire:
    """Servers that count tokens of images say `usage`; for the others none were used."""
    raw = msgspec.json.decode(body)
    images = raw.get("data")
    if not images or not isinstance(images, list):
        raise UpstreamError("The model server sent no images.")
    counted = raw.get("usage") or {}
    usage = ev.Usage(
        input=ev.tokens(counted.get("input_tokens")),
        output=ev.tokens(counted.get("output_tokens")),
        images=len(images),
    )
    if "model" in raw:
        raw["model"] = request.model
    finish = ev.Finish(ev.StopReason.END)
    return ev.Wire(msgspec.json.encode(raw), usage=usage, finish=finish, is_last=True)
