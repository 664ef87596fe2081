"""OpenAI embeddings: one format on both sides, read only as far as limits and ledger need."""

from typing import Any

import msgspec

from chat.gateway import events as ev
from chat.gateway.errors import InvalidRequest, UpstreamError
from chat.gateway.request import PORTAL_FIELDS, Request, Service

Json = dict[str, Any]
PATH = "/embeddings"


class _Wire(msgspec.Struct):
    model: str
    input: str | list[str | int | list[int]]
    encoding_format: str = "float"
    dimensions: int | None = None


def decode_request(raw: Json) -> Request:
    """Raises `InvalidRequest` naming the field."""
    try:
        wire = msgspec.convert(raw, _Wire)
    except msgspec.ValidationError as error:
        field = str(error).partition("`$.")[2].partition("`")[0].partition("[")[0]
        raise InvalidRequest(str(error), field or None) from error
    if not wire.input or (isinstance(wire.input, list) and ("" in wire.input or [] in wire.input)):
        raise InvalidRequest("`input` must not be empty.", "input")
    if isinstance(wire.input, list) and len({type(item) for item in wire.input}) > 1:
        raise InvalidRequest("`input` is a text, texts, tokens or lists of tokens.", "input")
    if wire.encoding_format not in ("float", "base64"):
        raise InvalidRequest("`encoding_format` is float or base64.", "encoding_format")
    if wire.dimensions is not None and wire.dimensions < 1:
        raise InvalidRequest("`dimensions` must be at least 1.", "dimensions")
    return Request(model=wire.model, dialect="openai", service=Service.EMBEDDINGS)


def inputs_of(raw: Json) -> list[str | list[int]]:
    """Of a request that was decoded before: texts, or lists of token ids."""
    given = raw["input"]
    if isinstance(given, str) or isinstance(given[0], int):
        return [given]
    return list(given)


def pass_request(request: Request, model: str) -> Json:
    raw = request.passage.raw if request.passage else {}
    return {name: value for name, value in raw.items() if name not in PORTAL_FIELDS} | {"model": model}


def pass_answer(body: bytes, request: Request, answer_id: str) -> ev.Wire:
    raw = msgspec.json.decode(body)
    if not isinstance(raw["data"], list):
        raise UpstreamError("The model server sent no embeddings.")
    counted = raw.get("usage") or {}
    tokens = counted.get("prompt_tokens") or counted.get("total_tokens")
    usage = ev.Usage(input=ev.tokens(tokens)) if tokens is not None else None
    finish = ev.Finish(ev.StopReason.END)
    said = msgspec.json.encode({**raw, "model": request.model})
    return ev.Wire(said, usage=usage, finish=finish, is_last=True)
