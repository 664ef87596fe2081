"""Failures of the management API, as types."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import Http404


@dataclass
class ApiError(Exception):
    """`param` names the field or query parameter at fault."""

    message: str
    param: str | None = None

    status = 500
    code = "server_error"

    def __str__(self) -> str:
        return self.message

    @property
    def headers(self) -> dict[str, str]:
        return {}


class NotFound(ApiError, Http404):
    """Also for what belongs to somebody else: its existence is nobody's business.

    An `Http404` too, so that pages answer it with theirs.
    """

    status = 404
    code = "not_found"


class BadParameter(ApiError):
    status = 400
    code = "invalid_request_error"


class NotAllowed(ApiError, PermissionDenied):
    """Known, and still not permitted. Pages answer it as Django's."""

    status = 403
    code = "permission_error"


class Conflict(ApiError):
    """Asked for what the present state does not allow."""

    status = 409
    code = "conflict"


@dataclass
class TooManyRequests(ApiError):
    """`retry_after` in seconds."""

    retry_after: int = 60

    status = 429
    code = "rate_limit_exceeded"

    @property
    def headers(self) -> dict[str, str]:
        return {"retry-after": str(self.retry_after)}


class NotSignedIn(ApiError):
    status = 401
    code = "not_signed_in"


class InvalidKey(ApiError):
    status = 401
    code = "invalid_api_key"


class TooLarge(ApiError):
    status = 413
    code = "request_too_large"


class Unavailable(ApiError):
    """Something the portal needs does not answer, or has too much to do: the caller may come again."""

    status = 503
    code = "overloaded"

    @property
    def headers(self) -> dict[str, str]:
        return {"retry-after": "5"}
