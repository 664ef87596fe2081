"""`/metrics`: figures for Prometheus, for who knows `PORTAL_METRICS_TOKEN` (docs/metrics.md).

Everything comes from what all processes share, so it does not matter which one answers; nothing is counted
twice, and nothing is lost when a process ends.
"""

from collections.abc import Callable, Iterable, Iterator

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

Collect = Callable[[], Iterable[Metric]]
_collects: list[Collect] = []


def register(collect: Collect) -> None:
    """Apps add theirs in `ready()`; `collect` is called for each visit."""
    _collects.append(collect)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if not settings.METRICS_TOKEN:
        raise Http404
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not constant_time_compare(token.strip(), settings.METRICS_TOKEN):
        return HttpResponse(
            "PORTAL_METRICS_TOKEN is needed as a bearer token.\n",
            status=401,
            content_type="text/plain; charset=utf-8",
            headers={"WWW-Authenticate": 'Bearer realm="metrics"'},
        )
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_All())
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(registry), content_type=content_type)


class _All(Collector):
    def collect(self) -> Iterator[Metric]:
        for collect in _collects:
            yield from collect()
