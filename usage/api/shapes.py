"""What `/api/usage/…` answers. Costs in the portal's currency, times in milliseconds (docs/usage.md)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from portal.web.ids import encode
from portal.web.times import rfc3339
from usage.keys import Key
from usage.models import UsageRecord
from usage.reports import Figures, Histogram

KEY_PREFIX = Key.id_prefix


def stats_object(figures: Figures) -> dict[str, Any]:
    return {
        "totalRequests": figures.requests,
        "totalTokens": figures.tokens,
        "inputTokens": figures.input_tokens,
        "outputTokens": figures.output_tokens,
        "totalCost": float(figures.cost),
        "avgResponseTime": figures.avg_ms or 0,
        "errorRate": figures.error_rate,
    }


def details(figures: Figures) -> dict[str, Any]:
    return {
        "cachedTokens": figures.cached_tokens,
        "cacheWrittenTokens": figures.cache_written_tokens,
        "reasoningTokens": figures.reasoning_tokens,
        "latency": percentiles(figures.latency),
        "firstToken": percentiles(figures.first_token),
        "costByType": {_camel(name): float(cost) for name, cost in figures.costs.items()},
    }


def percentiles(times: Histogram) -> dict[str, int | None]:
    return {"p50": times.p50, "p95": times.p95, "p99": times.p99}


def model_object(model: str, figures: Figures) -> dict[str, Any]:
    return {"model": model, **stats_object(figures), "latency": percentiles(figures.latency)}


def bucket_object(start: datetime, figures: Figures) -> dict[str, Any]:
    """`start` with the offset that the reader's clocks then had."""
    return {
        "start": start.isoformat(),
        **stats_object(figures),
        "errors": figures.errors,
        "latency": percentiles(figures.latency),
        "firstToken": percentiles(figures.first_token),
    }


def key_id(value: UUID | None) -> str | None:
    return encode(KEY_PREFIX, value) if value else None


def request_object(record: UsageRecord) -> dict[str, Any]:
    """Never what was said."""
    return {
        "id": record.public_id,
        "time": rfc3339(record.started_at),
        "model": record.model,
        "keyId": key_id(record.key_id),
        "key": record.key.name if record.key else None,
        "format": record.format,
        "stream": record.is_stream,
        "status": record.status,
        "error": record.error_type or None,
        "inputTokens": record.input_tokens,
        "outputTokens": record.output_tokens,
        "cachedTokens": record.cached_tokens,
        "tokens": record.input_tokens + record.output_tokens,
        "tokensSource": record.tokens_source,
        "cost": float(record.cost),
        "latency": record.duration_ms,
        "firstToken": record.first_token_ms,
    }


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(map(str.title, rest))
