"""Lists, a page at a time: newest first, `{"data": […], "nextCursor": …}`.

A cursor is the last row's place in the order, signed: opaque to callers, and refused when it is not ours
or belongs to another list. Rows that come while somebody reads move nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import msgspec
from django.core import signing
from django.db.models import Model, Q, QuerySet

from portal.web.errors import BadParameter
from portal.web.reading import Query

MAX_LIMIT = 100
Limit = Annotated[int, msgspec.Meta(ge=1, le=MAX_LIMIT)]


class PageQuery(Query, frozen=True):
    """Lists with filters of their own extend this."""

    limit: Limit = 20
    cursor: str | None = None


M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Page(Generic[M]):
    rows: list[M]
    next_cursor: str | None

    def answer(self, render: Callable[[M], dict[str, Any]]) -> dict[str, Any]:
        return {"data": [render(row) for row in self.rows], "nextCursor": self.next_cursor}


def page_of(
    rows: QuerySet[M], query: PageQuery, *, by: str = "created_at", oldest_first: bool = False
) -> Page[M]:
    """`by` is what orders them, a time or a number or a text; the id decides among equals. Raises
    `BadParameter`."""
    salt = f"cursor:{rows.model._meta.label}:{by}" + (":oldest-first" if oldest_first else "")
    sign, beyond = ("", "gt") if oldest_first else ("-", "lt")
    if query.cursor is not None:
        value, last_id = _place(query.cursor, salt)
        rows = rows.filter(Q(**{f"{by}__{beyond}": value}) | Q(**{by: value, f"pk__{beyond}": last_id}))
    found = list(rows.order_by(f"{sign}{by}", f"{sign}pk")[: query.limit + 1])
    if len(found) <= query.limit:
        return Page(found, None)
    page = found[: query.limit]
    last = page[-1]
    return Page(page, signing.dumps(_written(getattr(last, by), last.pk), salt=salt))


def _written(value: datetime | int | str, key: UUID) -> list[Any]:
    is_time = isinstance(value, datetime)
    return [value.isoformat() if is_time else value, str(key), is_time]


def _place(cursor: str, salt: str) -> tuple[datetime | int | str, UUID]:
    try:
        value, last_id, is_time = signing.loads(cursor, salt=salt)
    except (signing.BadSignature, ValueError):
        raise BadParameter("cursor: not one that this list gave out.", "cursor") from None
    return datetime.fromisoformat(value) if is_time else value, UUID(last_id)
