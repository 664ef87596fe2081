"""What may be said about a key: each field's rule, refused with the field's name in the JSON API."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from apikeys.allowlist import parse_network, written
from apikeys.models import Permission
from portal.web.errors import BadParameter
from portal.web.text import require_plain_text

MAX_RPM = 1_000_000
MAX_TOKENS = 1_000_000_000_000
# Counted in billionths: more could not be counted exactly by Redis' scripts.
MAX_COST = Decimal(1_000_000)
MAX_DAYS = 3650
MAX_ENTRIES = 100
MAX_MODEL_NAME = 200


def checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The model's fields for what a person said; `expires_in_days` becomes `expires_at`.

    Raises `BadParameter`; a field nobody knows is a mistake in our own code.
    """
    values: dict[str, Any] = {}
    for name, value in fields.items():
        field, check = _CHECKS[name]
        values[field] = check(value)
    return values


def _name(value: str) -> str:
    name = value.strip()
    require_plain_text(name, "name")
    if not 0 < len(name) <= 100:
        raise BadParameter("name: 1 to 100 characters.", "name")
    return name


def _permissions(value: Sequence[str]) -> list[str]:
    for number, permission in enumerate(value):
        if permission not in Permission.values:
            raise BadParameter(
                f"permissions[{number}]: choose from {', '.join(Permission.values)}.",
                f"permissions[{number}]",
            )
    if not value:
        raise BadParameter(
            f"permissions: choose at least one of {', '.join(Permission.values)}.", "permissions"
        )
    return [permission for permission in Permission.values if permission in value]


def _number(param: str, maximum: int) -> Callable[[int | None], int | None]:
    def check(value: int | None) -> int | None:
        if value is not None and not 0 < value <= maximum:
            raise BadParameter(f"{param}: a whole number from 1 to {maximum}, or null for no limit.", param)
        return value

    return check


def _cost(value: Decimal | None) -> Decimal | None:
    # Comparing with NaN raises: it is looked at first.
    if value is not None and not (value.is_finite() and 0 < value <= MAX_COST):
        raise BadParameter(
            f"monthlyCostLimit: above 0, at most {MAX_COST}, or null for no limit.", "monthlyCostLimit"
        )
    if value is not None and value != round(value, 6):
        raise BadParameter("monthlyCostLimit: at most six decimals.", "monthlyCostLimit")
    return value


def _ip_whitelist(value: Sequence[str]) -> list[str]:
    _few(value, "ipWhitelist")
    networks = []
    for number, text in enumerate(value):
        param = f"ipWhitelist[{number}]"
        try:
            networks.append(written(parse_network(text[:60])))
        except ValueError:
            raise BadParameter(
                f"{param}: not an address such as 203.0.113.10, or a network such as 203.0.113.0/24.", param
            ) from None
    return list(dict.fromkeys(networks))


def _allowed_models(value: Sequence[str]) -> list[str]:
    _few(value, "allowedModels")
    for number, name in enumerate(value):
        param = f"allowedModels[{number}]"
        require_plain_text(name, param)
        if not 0 < len(name.strip()) <= MAX_MODEL_NAME:
            raise BadParameter(f"{param}: 1 to {MAX_MODEL_NAME} characters.", param)
    return list(dict.fromkeys(name.strip() for name in value))


def _few(value: Sequence[str], param: str) -> None:
    if len(value) > MAX_ENTRIES:
        raise BadParameter(f"{param}: at most {MAX_ENTRIES} entries.", param)


def _expires_at(days: int | None) -> datetime | None:
    days = _number("expiresInDays", MAX_DAYS)(days)
    return None if days is None else timezone.now() + timedelta(days=days)


# What a person says → the model's field, and its rule.
_CHECKS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "name": ("name", _name),
    "permissions": ("permissions", _permissions),
    "rpm_limit": ("rpm_limit", _number("rpmLimit", MAX_RPM)),
    "daily_limit": ("daily_limit", _number("dailyLimit", MAX_TOKENS)),
    "monthly_limit": ("monthly_limit", _number("monthlyLimit", MAX_TOKENS)),
    "monthly_cost_limit": ("monthly_cost_limit", _cost),
    "ip_whitelist": ("ip_whitelist", _ip_whitelist),
    "allowed_models": ("allowed_models", _allowed_models),
    "expires_in_days": ("expires_at", _expires_at),
    "is_enabled": ("is_enabled", bool),
}
