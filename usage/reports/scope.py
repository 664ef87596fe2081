"""Whose requests, and which of them."""

from dataclasses import dataclass, fields
from uuid import UUID

from django.db.models import Q


@dataclass(frozen=True)
class Scope:
    """What is None restricts nothing: `Scope()` is the whole portal. A group's requests are those of its
    members in the time in which they were members."""

    user_id: UUID | None = None
    user_ids: frozenset[UUID] | None = None
    group_id: int | None = None
    key_id: UUID | None = None
    key_ids: frozenset[UUID] | None = None
    model: str | None = None
    status: str | None = None
    deployment: str | None = None

    def filter(self) -> Q:
        """All but the group, which is a matter of time, too. For ledger rows as for roll-ups."""
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        given["user_id__in"], given["key_id__in"] = given.pop("user_ids"), given.pop("key_ids")
        del given["group_id"]
        return Q(**{name: value for name, value in given.items() if value is not None})

    @property
    def is_of_people(self) -> bool:
        """Whether it matters whose requests they are."""
        whose = (self.user_id, self.user_ids, self.group_id, self.key_id, self.key_ids)
        return any(each is not None for each in whose)
