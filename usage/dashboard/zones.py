"""The reader's time zone: their account's, else their browser's, else UTC."""

from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest

from accounts.profile.appearance import preferences

# Set by `static/js/zone.js`.
COOKIE = "time_zone"


@dataclass(frozen=True)
class Zone:
    zone: ZoneInfo
    source: Literal["account", "browser", "none"]

    @property
    def name(self) -> str:
        return self.zone.key.replace("_", " ")


def zone_of(request: HttpRequest) -> Zone:
    chosen = preferences(request)
    if chosen is not None and chosen.time_zone:
        return Zone(ZoneInfo(chosen.time_zone), "account")
    said = request.COOKIES.get(COOKIE, "")
    # What a cookie says may be anything, also a path.
    if said in available_timezones():
        return Zone(ZoneInfo(said), "browser")
    return Zone(ZoneInfo("UTC"), "none")
