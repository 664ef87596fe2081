"""A session without the second factor it needs is nobody's (battery Z06)."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from asgiref.sync import markcoroutinefunction, sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import SimpleLazyObject

from accounts.two_factor.policy import is_satisfied


class SecondFactorMiddleware:
    """Stands after `OTPMiddleware`. Pages, API and admin see an anonymous caller and refuse by themselves."""

    sync_capable = False
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]]) -> None:
        self._get_response = get_response
        markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.user = SimpleLazyObject(partial(_holder, request, request.user))  # type: ignore[assignment]
        request.auser = partial(_aholder, request)  # type: ignore[method-assign]
        return await self._get_response(request)


def _holder(request: HttpRequest, user: Any) -> Any:
    if not user.is_authenticated or user.is_verified() or is_satisfied(user, request.session):
        return user
    nobody: Any = AnonymousUser()
    nobody.otp_device = None
    nobody.is_verified = lambda: False
    return nobody


async def _aholder(request: HttpRequest) -> Any:
    await sync_to_async(lambda: request.user.is_authenticated)()
    return request.user
