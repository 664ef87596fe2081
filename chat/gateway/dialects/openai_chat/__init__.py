"""OpenAI Chat Completions."""

from chat.gateway.dialects.openai_chat.decode_events import StreamDecoder as event_decoder
from chat.gateway.dialects.openai_chat.decode_events import decode_answer
from chat.gateway.dialects.openai_chat.decode_request import decode_request
from chat.gateway.dialects.openai_chat.encode_events import StreamEncoder as event_encoder
from chat.gateway.dialects.openai_chat.encode_events import encode_answer
from chat.gateway.dialects.openai_chat.encode_request import encode_request
from chat.gateway.dialects.openai_chat.errors import encode_error, error_headers
from chat.gateway.dialects.openai_chat.pass_through import Passer as passer
from chat.gateway.dialects.openai_chat.pass_through import pass_answer, pass_request

NAME = "openai"
COMPLETIONS_PATH = "/chat/completions"
PING = b": ping\n\n"


def upstream_headers(credential: str) -> dict[str, str]:
    return {"authorization": f"Bearer {credential}"} if credential else {}


__all__ = [
    "COMPLETIONS_PATH",
    "NAME",
    "PING",
    "decode_answer",
    "decode_request",
    "encode_answer",
    "encode_error",
    "encode_request",
    "error_headers",
    "event_decoder",
    "event_encoder",
    "pass_answer",
    "pass_request",
    "passer",
    "upstream_headers",
]
