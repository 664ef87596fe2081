"""Failures in Anthropic's envelope (API reference, *Errors*)."""

from typing import Any

from chat.gateway.errors import GatewayError

_TYPE_BY_STATUS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    409: "invalid_request_error",
    413: "request_too_large",
    415: "invalid_request_error",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
# Anthropic answers overload with a status of its own.
_STATUS = {503: 529}


def encode_error(error: GatewayError, request_id: str) -> tuple[int, dict[str, Any]]:
    kind = _TYPE_BY_STATUS.get(error.status, "api_error")
    body = {"type": "error", "error": {"type": kind, "message": error.message}, "request_id": request_id}
    return _STATUS.get(error.status, error.status), body


def error_headers(error: GatewayError, request_id: str) -> dict[str, str]:
    return {**error.headers, "request-id": request_id}
