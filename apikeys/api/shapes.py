"""Keys as the JSON API takes and shows them."""

from decimal import Decimal
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from apikeys.models import ApiKey
from portal.web.reading import Body, Query
from portal.web.times import rfc3339
from usage.key_usage import Day, KeyUsage, UsageRecord

Number = int | UnsetType | None
Cost = Decimal | UnsetType | None
Texts = list[str] | UnsetType


class KeyChange(Body, frozen=True):
    """What PATCH may change. Null takes a limit or the expiry away."""

    name: str | UnsetType = UNSET
    permissions: Texts = UNSET
    rpm_limit: Number = UNSET
    daily_limit: Number = UNSET
    monthly_limit: Number = UNSET
    monthly_cost_limit: Cost = UNSET
    ip_whitelist: Texts = UNSET
    allowed_models: Texts = UNSET
    expires_in_days: Number = UNSET
    is_enabled: bool | UnsetType = UNSET


class NewKey(Body, frozen=True, kw_only=True):
    name: str
    permissions: list[str]
    rpm_limit: Number = UNSET
    daily_limit: Number = UNSET
    monthly_limit: Number = UNSET
    monthly_cost_limit: Cost = UNSET
    ip_whitelist: Texts = UNSET
    allowed_models: Texts = UNSET
    expires_in_days: Number = UNSET
    is_enabled: bool | UnsetType = UNSET


class Regeneration(Body, frozen=True):
    grace_seconds: int = 0


class UsageQuery(Query, frozen=True):
    days: Annotated[int, Meta(ge=1, le=365)] = 7


def key_object(key: ApiKey) -> dict[str, Any]:
    cost = key.monthly_cost_limit
    return {
        "id": key.public_id,
        "name": key.name,
        "hint": key.hint,
        "permissions": key.permissions,
        "rpmLimit": key.rpm_limit,
        "dailyLimit": key.daily_limit,
        "monthlyLimit": key.monthly_limit,
        "monthlyCostLimit": None if cost is None else float(cost),
        "ipWhitelist": key.ip_whitelist,
        "allowedModels": key.allowed_models,
        "expiresAt": rfc3339(key.expires_at),
        "isEnabled": key.is_enabled,
        "status": key.status,
        "createdAt": rfc3339(key.created_at),
        "lastUsedAt": rfc3339(key.last_used_at),
    }


def usage_object(usage: KeyUsage) -> dict[str, Any]:
    series = [{"date": day.date.isoformat(), **_figures(day)} for day in usage.series]
    return {"days": len(series), "totals": _figures(usage.totals), "series": series}


def _figures(day: Day) -> dict[str, Any]:
    return {
        "requests": day.requests,
        "tokens": day.tokens,
        "inputTokens": day.input_tokens,
        "outputTokens": day.output_tokens,
        "cost": float(day.cost),
        "errors": day.errors,
    }


def request_object(record: UsageRecord) -> dict[str, Any]:
    """Times in milliseconds; never what was said."""
    return {
        "id": record.public_id,
        "time": rfc3339(record.started_at),
        "model": record.model,
        "format": record.format,
        "stream": record.is_stream,
        "status": record.status,
        "error": record.error_type or None,
        "inputTokens": record.input_tokens,
        "outputTokens": record.output_tokens,
        "tokens": record.input_tokens + record.output_tokens,
        "cost": float(record.cost),
        "latency": record.duration_ms,
        "firstToken": record.first_token_ms,
        "address": record.address,
    }
