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


class NotFound(GatewayError):
    """Something of the caller's own that the request names, such as a session."""

    status = 404
    code = "not_found"


class MethodNotAllowed(GatewayError):
    status = 405
    code = "method_not_allowed"


class Conflict(GatewayError):
    status = 409
    code = "conflict"


class RequestTooLarge(GatewayError):
    status = 413
    code = "request_too_large"


class UnsupportedEncoding(GatewayError):
    status = 415
    code = "unsupported_encoding"


class UpstreamFailure(GatewayError):
    """The model server's side. Another deployment may do better (`falls_over`); the same one may do
    better in a moment (`is_transient`), or had better be left alone for a while when it happens again
    (`is_sickness`). Messages never name an address."""

    falls_over = True
    is_transient = True
    is_sickness = True


class UpstreamError(UpstreamFailure):
    """The model server failed or answered nonsense."""

    status = 502
    code = "upstream_error"


class UpstreamMisconfigured(UpstreamError):
    """It refuses us: a matter between the operator and the model server."""

    is_transient = False


class UpstreamTimeout(UpstreamFailure):
    """The time it had is spent: trying the same one again would double the wait."""

    status = 504
    code = "timeout"
    is_transient = False


class UpstreamOverloaded(UpstreamFailure):
    status = 503
    code = "overloaded"


class UpstreamBusy(UpstreamOverloaded):
    """It has as many calls as the operator allows. To wait for it is the queue's business, and over."""

    is_transient = False
    is_sickness = False


class UpstreamRejected(UpstreamFailure):
    """The model server called the request itself invalid; its reason is worth passing on."""

    status = 400
    code = "invalid_request_error"
    falls_over = False
    is_transient = False
    is_sickness = False


class RateLimited(GatewayError):
    status = 429
    code = "rate_limit_exceeded"


class QuotaExceeded(RateLimited):
    code = "insufficient_quota"


class Overloaded(GatewayError):
    """It is the portal that cannot serve just now."""

    status = 503
    code = "overloaded"
