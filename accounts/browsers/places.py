"""Where an address is, when the operator has a database for it (`PORTAL_GEOIP_PATH`)."""

import logging
from functools import cache

import maxminddb
from django.conf import settings

log = logging.getLogger(__name__)


def place_of(address: str | None) -> str:
    """Such as “Vienna, Austria”; empty when nobody knows."""
    reader = _reader()
    if reader is None or not address:
        return ""
    try:
        record = reader.get(address)
    except (ValueError, maxminddb.InvalidDatabaseError):
        return ""
    if not isinstance(record, dict):
        return ""
    return ", ".join(filter(None, (_name(record.get(part)) for part in ("city", "country"))))


def _name(part: object) -> str:
    names = part.get("names") if isinstance(part, dict) else None
    return str(names.get("en", "")) if isinstance(names, dict) else ""


@cache
def _reader() -> maxminddb.Reader | None:
    if settings.GEOIP_PATH is None:
        return None
    try:
        return maxminddb.open_database(settings.GEOIP_PATH)
    except (OSError, maxminddb.InvalidDatabaseError):
        log.exception("PORTAL_GEOIP_PATH: the database cannot be read; places are not shown.")
        return None
