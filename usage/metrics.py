"""What `/metrics` says of requests, of their sums, and of whether these are right (docs/metrics.md)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.db.models import Max
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.utils import floatToGoString

from usage.interrupted import DEAD_AFTER
from usage.models import ClosedBucket, Grain, Reconciliation, ServingProcess, Status, UsageRecord
from usage.reports import Figures, Histogram, Period, Scope
from usage.reports.sources import figures
from usage.rollups.buckets import end_of

# In seconds.
_BOUNDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_WHERE = ["model", "deployment"]


def collect() -> Iterator[Metric]:
    yield from _requests()
    yield from _health()
    yield from _proof()


def _requests() -> Iterator[Metric]:
    """Of all requests ever that have ended: each only grows."""
    requests = CounterMetricFamily(
        "portal_requests", "Requests, by how they ended.", labels=[*_WHERE, "status"]
    )
    tokens = CounterMetricFamily("portal_tokens", "Tokens; a token is of one kind.", labels=[*_WHERE, "kind"])
    cost = CounterMetricFamily("portal_cost", "Cost, in the portal's currency.", labels=_WHERE)
    latency = HistogramMetricFamily(
        "portal_request_duration_seconds", "How long requests took.", labels=_WHERE
    )
    first = HistogramMetricFamily("portal_first_token_seconds", "How long first tokens took.", labels=_WHERE)
    ever = Period(datetime(1970, 1, 1, tzinfo=UTC), timezone.now() + timedelta(days=1))
    places: dict[tuple[str, str], Figures] = {}
    for (model, deployment, status), part in figures(Scope(), ever, (*_WHERE, "status")).items():
        if status != Status.OPEN:
            requests.add_metric([model, deployment, status], part.requests)
            places.setdefault((model, deployment), Figures()).merge(part)
    for place, part in places.items():
        for kind, count in _kinds(part).items():
            tokens.add_metric([*place, kind], count)
        cost.add_metric(place, float(part.cost))
        latency.add_metric(place, _buckets(part.latency), part.sums["duration_ms"] / 1000)
        first.add_metric(place, _buckets(part.first_token), None)
    yield from (requests, tokens, cost, latency, first)


def _kinds(part: Figures) -> dict[str, int]:
    cached, written = part.cached_tokens, part.cache_written_tokens
    return {
        "input": part.input_tokens - cached - written,
        "cached": cached,
        "cache_written": written,
        "output": part.output_tokens,
    }


def _buckets(times: Histogram) -> list[tuple[str, float]]:
    """How many took at most so many seconds."""
    below = [(floatToGoString(bound), times.count_within(bound * 1000)) for bound in _BOUNDS]
    return [*below, ("+Inf", times.total)]


def _health() -> Iterator[Metric]:
    now = timezone.now()
    running = UsageRecord.objects.filter(status=Status.OPEN).count()
    yield GaugeMetricFamily("portal_requests_open", "Requests that still run.", running)
    alive = ServingProcess.objects.filter(seen_at__gte=now - DEAD_AFTER).count()
    yield GaugeMetricFamily("portal_serving_processes", "Processes that serve completions.", alive)
    last = ClosedBucket.objects.filter(grain=Grain.HOUR).aggregate(at=Max("start"))["at"]
    if last is not None:
        yield GaugeMetricFamily(
            "portal_rollups_until_timestamp_seconds",
            "Until when requests are rolled up.",
            end_of(Grain.HOUR, last).timestamp(),
        )


def _proof() -> Iterator[Metric]:
    """Of the last `reconcile_usage`; nothing before the first."""
    run = Reconciliation.objects.order_by("-started_at").first()
    if run is None:
        return
    findings = GaugeMetricFamily("portal_reconcile_findings", "What is wrong, by check.", labels=["check"])
    for check in run.checks:
        findings.add_metric([check], sum(text.startswith(f"{check}: ") for text in run.findings))
    yield findings
    yield GaugeMetricFamily(
        "portal_reconcile_timestamp_seconds", "When that was looked at.", run.finished_at.timestamp()
    )
