"""What each model and each key had of all; each name leads to its own."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from usage.dashboard.addresses import changed
from usage.dashboard.shares import Name, Shares, shares
from usage.reports import Parts


def by_model(parts: Parts, query: QueryDict) -> Shares:
    return shares(parts, lambda model: Name(model, changed(query, model=model)))


def by_key(parts: Parts, keys: Mapping[UUID, Any], query: QueryDict) -> Shares:
    """Without a key: in the browser."""

    def named(key_id: Any) -> Name:
        key = keys.get(key_id)
        return Name(key.name, changed(query, key=key.public_id)) if key else Name(_("In the browser"))

    return shares(parts, named)
