"""Everything that can go wrong with a model call, as types; each dialect renders them once."""

from dataclasses import dataclass, field


@dataclass
class GatewayError(Exception):
    """A failure the caller is told about.

    `code` is stable and machine-readable, `param` a path such as `messages[2].content`.
    """

    message: str
    param: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    status = 500
    code = "server_error"

    def __str__(self) -> str:
        return self.message


class InvalidRequest(GatewayError):
    status = 400
    code = "invalid_request_error"


class NotAuthenticated(GatewayError):
    status = 401
    code = "invalid_api_key"


class PermissionDenied(GatewayError):
    status = 403
    code = "permission_error"


class ModelNotFound(GatewayError):
    status = 404
    code = "model_not_found"


class MethodNotAllowed(GatewayError):
    status = 405
    code = "method_not_allowed"


class RequestTooLarge(GatewayError):
    status = 413
    code = "request_too_large"


class UpstreamError(GatewayError):
    """The model server failed or answered nonsense. The message never names its address."""

    status = 502
    code = "upstream_error"


class UpstreamTimeout(GatewayError):
    status = 504
    code = "timeout"


class UpstreamOverloaded(GatewayError):
    status = 503
    code = "overloaded"


class UpstreamRejected(GatewayError):
    """The model server called the request itself invalid; its reason is worth passing on."""

    status = 400
    code = "invalid_request_error"


class RateLimited(GatewayError):
    status = 429
    code = "rate_limit_exceeded"
