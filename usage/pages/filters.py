"""Which requests a reader asks for: the query parameters `model`, `key` and `status`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.access import User
from portal.web.text import one_line
from usage.dashboard.overview import STATUSES
from usage.keys import get_own_key, keys_by_id
from usage.reports import Choices, Scope

FILTERS = ("model", "key", "status")
_LONGEST = 200


@dataclass(frozen=True)
class Choice:
    value: str
    text: object
    is_chosen: bool


@dataclass(frozen=True)
class Filters:
    """What there is to choose of each. `is_new`: of somebody who has not used anything yet."""

    scope: Scope
    models: list[Choice]
    keys: list[Choice]
    statuses: list[Choice]
    is_new: bool

    @property
    def is_narrowed(self) -> bool:
        return any((self.scope.model, self.scope.key_id, self.scope.status))


def scope_of(user: User, query: Mapping[str, str]) -> Scope:
    """Raises `NotFound` for a key that is not theirs. What they never used is simply not found."""
    model, key_id, status = (one_line(query.get(name, ""), _LONGEST) for name in FILTERS)
    return Scope(
        user_id=user.pk,
        model=model or None,
        key_id=get_own_key(user, key_id).pk if key_id else None,
        status=status if status in STATUSES else None,
    )


def keys_among(ever: Choices, scope: Scope) -> dict[UUID, Any]:
    """Those there are to choose from, and the one that is chosen."""
    return keys_by_id([*ever.key_ids, *filter(None, [scope.key_id])])


def filters_of(scope: Scope, ever: Choices, keys: Mapping[UUID, Any]) -> Filters:
    """To choose from there is what they have ever used, and what is chosen."""
    models = {*ever.models, *filter(None, [scope.model])}
    return Filters(
        scope,
        [Choice(name, name, name == scope.model) for name in sorted(models)],
        [
            Choice(key.public_id, key.name, key.pk == scope.key_id)
            for key in sorted(keys.values(), key=lambda each: each.name.casefold())
        ],
        [Choice(name, text, name == scope.status) for name, text in STATUSES.items()],
        is_new=not ever.models,
    )
