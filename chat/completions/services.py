"""Embeddings and images as a caller's format: OpenAI's errors, and nothing to translate."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from chat.completions.admission import LIMITS
from chat.gateway.dialects import openai_chat, openai_embeddings, openai_images
from chat.gateway.errors import InvalidRequest
from chat.gateway.request import Request

Json = dict[str, Any]


@dataclass(frozen=True)
class ServiceFormat:
    """`check` raises `InvalidRequest` for more than one request may hold."""

    decode_request: Callable[[Json], Request]
    check: Callable[[Request, Json], None]
    NAME = openai_chat.NAME
    encode_error = staticmethod(openai_chat.encode_error)
    error_headers = staticmethod(openai_chat.error_headers)


def _check_inputs(request: Request, raw: Json) -> None:
    inputs = openai_embeddings.inputs_of(raw)
    if len(inputs) > settings.MAX_EMBEDDING_INPUTS:
        raise InvalidRequest(f"input: at most {settings.MAX_EMBEDDING_INPUTS} in one request.", "input")
    for number, text in enumerate(inputs):
        if len(text) > LIMITS.text:
            path = "input" if isinstance(raw["input"], str) else f"input[{number}]"
            raise InvalidRequest(f"{path}: a text may have at most {LIMITS.text} characters.", path)


def _check_prompt(request: Request, raw: Json) -> None:
    if len(raw["prompt"]) > LIMITS.text:
        raise InvalidRequest(f"prompt: at most {LIMITS.text} characters.", "prompt")


EMBEDDINGS = ServiceFormat(openai_embeddings.decode_request, _check_inputs)
IMAGES = ServiceFormat(openai_images.decode_request, _check_prompt)
