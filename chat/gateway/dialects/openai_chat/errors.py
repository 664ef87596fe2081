"""Failures in OpenAI's envelope (API reference, *Errors*)."""

from typing import Any

from chat.gateway.errors import GatewayError, ModelNotFound, NotAuthenticated

_TYPE_BY_CODE = {NotAuthenticated.code: "invalid_request_error", ModelNotFound.code: "invalid_request_error"}


def encode_error(error: GatewayError, request_id: str) -> tuple[int, dict[str, Any]]:
    body = {
        "message": error.message,
        "type": _TYPE_BY_CODE.get(error.code, error.code),
        "param": error.param,
        "code": error.code,
    }
    return error.status, {"error": body}


def error_headers(error: GatewayError, request_id: str) -> dict[str, str]:
    return error.headers
