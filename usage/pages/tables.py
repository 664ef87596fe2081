"""What each model and each key had of all; each name leads to its own."""

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from usage.dashboard.addresses import changed
from usage.dashboard.keys import keys_by_id
from usage.dashboard.shares import Name, Shares, shares
from usage.reports import Period, Scope, split


def by_model(scope: Scope, period: Period, query: QueryDict) -> Shares:
    return shares(split(scope, period, "model"), lambda model: Name(model, changed(query, model=model)))


def by_key(scope: Scope, period: Period, query: QueryDict) -> Shares:
    """Without a key: in the browser."""
    parts = split(scope, period, "key")
    keys = keys_by_id([key_id for key_id, _figures in parts if key_id is not None])

    def named(key_id: Any) -> Name:
        key = keys.get(key_id)
        return Name(key.name, changed(query, key=key.public_id)) if key else Name(_("In the browser"))

    return shares(parts, named)
