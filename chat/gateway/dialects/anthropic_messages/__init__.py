"""Anthropic Messages, as callers speak it."""

from chat.gateway.dialects.anthropic_messages.decode_request import decode_request
from chat.gateway.dialects.anthropic_messages.encode_events import StreamEncoder as event_encoder
from chat.gateway.dialects.anthropic_messages.encode_events import encode_answer
from chat.gateway.dialects.anthropic_messages.errors import encode_error, error_headers

NAME = "anthropic"

__all__ = ["NAME", "decode_request", "encode_answer", "encode_error", "error_headers", "event_encoder"]
