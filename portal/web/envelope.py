"""Management errors in the OpenAI envelope."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from portal.web.errors import ApiError

_TYPES = {
    400: "invalid_request_error",
    401: "invalid_request_error",
    403: "permission_error",
    404: "not_found",
    405: "method_not_allowed",
    415: "invalid_request_error",
    429: "rate_limit_exceeded",
}
_CODES = {401: "invalid_api_key", 403: "permission_error"}


def envelope(message: str, kind: str, code: str | None, param: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def render_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler; None leaves the error to Django as a crash."""
    if isinstance(error, ApiError):
        body = envelope(str(error), error.code, error.code, error.param)
        return Response(body, error.status, headers=error.headers)
    if isinstance(error, RequestDataTooBig):
        message = f"The request's body is larger than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes."
        return Response(envelope(message, "request_too_large", "request_too_large"), 413)
    response = exception_handler(error, context)
    if response is None:
        return None
    code = _CODES.get(response.status_code)
    response.data = envelope(_text(error), _TYPES.get(response.status_code, "api_error"), code)
    return response


def _text(error: Exception) -> str:
    return str(error.detail) if isinstance(error, exceptions.APIException) else "Not found."


def not_found(request: HttpRequest, path: str = "") -> JsonResponse:
    """Any address under `/api/` that is not there."""
    return JsonResponse(envelope(f"No such endpoint: {request.path}", "not_found", "not_found"), status=404)
