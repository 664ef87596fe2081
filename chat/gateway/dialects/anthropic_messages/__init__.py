"""Anthropic Messages."""

from chat.gateway.dialects.anthropic_messages.decode_events import StreamDecoder as event_decoder
from chat.gateway.dialects.anthropic_messages.decode_events import decode_answer
from chat.gateway.dialects.anthropic_messages.decode_request import decode_request
from chat.gateway.dialects.anthropic_messages.encode_events import StreamEncoder as event_encoder
from chat.gateway.dialects.anthropic_messages.encode_events import encode_answer
from chat.gateway.dialects.anthropic_messages.encode_request import encode_request
from chat.gateway.dialects.anthropic_messages.errors import encode_error, error_headers
from chat.gateway.dialects.anthropic_messages.pass_through import Passer as passer
from chat.gateway.dialects.anthropic_messages.pass_through import pass_answer, pass_request

NAME = "anthropic"
COMPLETIONS_PATH = "/messages"
VERSION = "2023-06-01"
PING = b'event: ping\ndata: {"type": "ping"}\n\n'


def upstream_headers(credential: str) -> dict[str, str]:
    key = {"x-api-key": credential} if credential else {}
    return {"anthropic-version": VERSION, **key}


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
