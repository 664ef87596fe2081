"""Probes for whoever runs the portal: alive, and ready to serve."""

from collections.abc import Callable

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """503 names what does not answer, without saying where it is."""
    checks = {"database": _is_answering(_ask_database), "cache": _is_answering(_ask_cache)}
    failing = [name for name, is_well in checks.items() if not is_well]
    return JsonResponse(
        {"status": "failing" if failing else "ok", "failing": failing}, status=503 if failing else 200
    )


def _ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _ask_cache() -> None:
    cache.get("readyz")


def _is_answering(ask: Callable[[], None]) -> bool:
    try:
        ask()
    except Exception:
        return False
    return True
