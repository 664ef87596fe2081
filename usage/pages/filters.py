"""Which requests a reader asks for: the query parameters `model`, `key` and `status`."""

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.access import User
from usage.dashboard.keys import get_own_key, keys_by_id
from usage.dashboard.overview import STATUSES
from usage.reports import Scope, choices

FILTERS = ("model", "key", "status")


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


def filters_of(user: User, query: Mapping[str, str]) -> Filters:
    """Raises `NotFound` for a key that is not theirs. What they never used is simply not found."""
    model, key_id, status = (query.get(name, "") for name in FILTERS)
    chosen = get_own_key(user, key_id) if key_id else None
    ever = choices(user)
    keys = keys_by_id(ever.key_ids) | ({chosen.pk: chosen} if chosen else {})
    return Filters(
        Scope(
            user_id=user.pk,
            model=model or None,
            key_id=chosen.pk if chosen else None,
            status=status if status in STATUSES else None,
        ),
        [Choice(name, name, name == model) for name in sorted({*ever.models, *filter(None, [model])})],
        [
            Choice(key.public_id, key.name, key == chosen)
            for key in sorted(keys.values(), key=lambda each: each.name.casefold())
        ],
        [Choice(name, text, name == status) for name, text in STATUSES.items()],
        is_new=not ever.models,
    )
