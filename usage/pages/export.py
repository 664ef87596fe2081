"""Where the requests that a page is about are to be had as CSV."""

from django.utils.http import urlencode

from portal.web.ids import encode
from portal.web.times import rfc3339
from usage.dashboard.asked import CUSTOM, Asked
from usage.reports import Scope


def export_address(scope: Scope, asked: Asked) -> str:
    said = {"period": asked.name, "model": scope.model, "status": scope.status}
    if scope.key_id is not None:
        said["keyId"] = encode("key", scope.key_id)
    if asked.name == CUSTOM:
        said |= {"from": rfc3339(asked.period.since), "to": rfc3339(asked.period.until)}
    return f"/api/usage/export?{urlencode({name: value for name, value in said.items() if value})}"
