"""What may be said about a key: each field's rule, refused with the field's name in the JSON API."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apikeys.allowlist import parse_network, written
from apikeys.models import Permission
from portal.web.errors import BadParameter
from portal.web.text import require_plain_text

MAX_NAME = 100
MAX_RPM = 1_000_000
MAX_TOKENS = 1_000_000_000_000
# Counted in billionths: more could not be counted exactly by Redis' scripts.
MAX_COST = Decimal(1_000_000)
MAX_DAYS = 3650
MAX_ENTRIES = 100
MAX_MODEL_NAME = 200
_NAMES = ", ".join(Permission.values)


def checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The model's fields for what a person said; `expires_in_days` becomes `expires_at`.

    Raises `BadParameter`; a field nobody knows is a mistake in our own code.
    """
    values: dict[str, Any] = {}
    for name, value in fields.items():
        field, check = _CHECKS[name]
        values[field] = check(value)
    return values


def _refused(param: str, words: str) -> BadParameter:
    """`words` are for people, too: the form shows them at its field."""
    return BadParameter(f"{param}: {words}", param)


def _name(value: str) -> str:
    name = value.strip()
    require_plain_text(name, "name")
    if not 0 < len(name) <= MAX_NAME:
        raise _refused("name", _("1 to %(most)d characters.") % {"most": MAX_NAME})
    return name


def _permissions(value: Sequence[str]) -> list[str]:
    for number, permission in enumerate(value):
        if permission not in Permission.values:
            raise _refused(f"permissions[{number}]", _("choose from %(names)s.") % {"names": _NAMES})
    if not value:
        raise _refused("permissions", _("choose at least one of %(names)s.") % {"names": _NAMES})
    return [permission for permission in Permission.values if permission in value]


def _number(param: str, maximum: int) -> Callable[[int | None], int | None]:
    def check(value: int | None) -> int | None:
        if value is not None and not 0 < value <= maximum:
            words = _("a whole number from 1 to %(most)d, or null for no limit.")
            raise _refused(param, words % {"most": maximum})
        return value

    return check


def _cost(value: Decimal | None) -> Decimal | None:
    # Comparing with NaN raises: it is looked at first.
    if value is not None and not (value.is_finite() and 0 < value <= MAX_COST):
        words = _("above 0, at most %(most)d, or null for no limit.")
        raise _refused("monthlyCostLimit", words % {"most": MAX_COST})
    if value is not None and value != round(value, 6):
        raise _refused("monthlyCostLimit", _("at most six decimals."))
    return value


def _ip_whitelist(value: Sequence[str]) -> list[str]:
    _few(value, "ipWhitelist")
    networks = []
    for number, text in enumerate(value):
        param = f"ipWhitelist[{number}]"
        try:
            networks.append(written(parse_network(text[:60])))
        except ValueError:
            words = _("not an address such as 203.0.113.10, or a network such as 203.0.113.0/24.")
            raise _refused(param, words) from None
    return list(dict.fromkeys(networks))


def _allowed_models(value: Sequence[str]) -> list[str]:
    _few(value, "allowedModels")
    for number, name in enumerate(value):
        param = f"allowedModels[{number}]"
        require_plain_text(name, param)
        if not 0 < len(name.strip()) <= MAX_MODEL_NAME:
            raise _refused(param, _("1 to %(most)d characters.") % {"most": MAX_MODEL_NAME})
    return list(dict.fromkeys(name.strip() for name in value))


def _few(value: Sequence[str], param: str) -> None:
    if len(value) > MAX_ENTRIES:
        raise _refused(param, _("at most %(most)d entries.") % {"most": MAX_ENTRIES})


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
