"""Changes to how somebody signs in, for people who have shown lately that it is them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse

from accounts.two_factor.recency import require_recent


def confirmed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """allauth asks only people who have a password."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        if request.method == "POST":
            require_recent(request)
        return view(request, *arguments, **named)

    return guarded
