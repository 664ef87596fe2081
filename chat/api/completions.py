"""The completion endpoints as DRF views: for browsers, and for keys when the fast path is off."""

from asgiref.sync import async_to_sync
from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse, StreamingHttpResponse
from rest_framework.exceptions import APIException, NotAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from apikeys.authentication import BrowserAuthentication
from apikeys.credentials import ConflictingCredentials, presented_secret
from chat.completions.application import body_too_large, refused, serve
from chat.completions.context import Call, Caller, Reply
from chat.gateway import errors
from portal.web.client_address import request_address


class ModelCall(APIView):
    """`POST`: one of `chat.completions.operations`, told apart by its address."""

    permission_classes = ()

    def get_authenticators(self) -> list[BrowserAuthentication]:
        """A key is the flow's own business; then no cookie decides, and CSRF has nothing to protect."""
        return [] if _carries_key(self.request) else [BrowserAuthentication()]

    def post(self, request: Request) -> HttpResponse | StreamingHttpResponse:
        call = _call(request, Caller(request.user.pk) if request.user else None)
        return _response(async_to_sync(serve)(call, request.body))

    def handle_exception(self, error: Exception) -> HttpResponse | StreamingHttpResponse:
        if not isinstance(error, APIException | RequestDataTooBig):
            raise error
        return _response(refused(_call(self.request, None), _gateway_error(error)))


def _carries_key(request: Request) -> bool:
    try:
        return presented_secret(_raw_headers(request)) is not None
    except ConflictingCredentials:
        return True


def _raw_headers(request: Request) -> list[tuple[bytes, bytes]]:
    return [
        (name.lower().encode(), value.encode("latin-1", "replace")) for name, value in request.headers.items()
    ]


def _call(request: Request, caller: Caller | None) -> Call:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Call(request.path, headers, _raw_headers(request), request_address(request), caller)


def _gateway_error(error: APIException | RequestDataTooBig) -> errors.GatewayError:
    if isinstance(error, RequestDataTooBig):
        return body_too_large()
    kinds = {401: errors.NotAuthenticated, 403: errors.PermissionDenied, 405: errors.MethodNotAllowed}
    kind = kinds.get(error.status_code, errors.InvalidRequest)
    if isinstance(error, NotAuthenticated):
        kind = errors.NotAuthenticated
    return kind(str(error.detail))


def _response(reply: Reply) -> HttpResponse | StreamingHttpResponse:
    kind = HttpResponse if isinstance(reply.body, bytes) else StreamingHttpResponse
    return kind(reply.body, status=reply.status, headers=reply.headers)
