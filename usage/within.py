"""Conditions on spans of time, for questions that come with other spans each time.

The times are in the statement itself and not its parameters: a prepared statement has one plan for an hour
and for a year, and that reads the whole ledger.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import BooleanField, DateTimeField, Func, UUIDField

from usage.months import SLACK, first_id

# since ≤ time < until
Range = tuple[datetime, datetime]


class Within(Func):
    """Whether a time lies in one of `ranges`. As a `Q` a year of days would take longer to put together than
    to read."""

    conditional = True
    output_field = BooleanField()

    def __init__(self, column: str, ranges: Iterable[Range]) -> None:
        super().__init__(column)
        self.ranges = tuple(ranges)

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:
        if not self.ranges:
            raise EmptyResultSet
        (column, parameters), *others = map(compiler.compile, self.source_expressions)
        terms = " OR ".join(f"({term})" for term in self._terms(connection, column, *others))
        return f"({terms})", list(parameters) * 2 * len(self.ranges)

    def _terms(self, connection: Any, column: str, *_: Any) -> Iterator[str]:
        prepare = DateTimeField().get_db_prep_value
        for since, until in self.ranges:
            yield f"{column} >= '{prepare(since, connection)}' AND {column} < '{prepare(until, connection)}'"


class Began(Within):
    """Whether a request began in one of `ranges`. Its id says so, too, and in which of the ledger's tables it
    is; the two may be `SLACK` apart."""

    def __init__(self, ranges: Iterable[Range]) -> None:
        super().__init__("started_at", ranges)
        self.source_expressions += self._parse_expressions("id")

    def _terms(self, connection: Any, column: str, *others: Any) -> Iterator[str]:
        ((key, _),) = others
        prepare = UUIDField().get_db_prep_value
        for (since, until), term in zip(self.ranges, super()._terms(connection, column), strict=True):
            first, last = first_id(since - SLACK), first_id(until + SLACK)
            yield (
                f"{term} AND {key} >= '{prepare(first, connection, prepared=False)}'"
                f" AND {key} < '{prepare(last, connection, prepared=False)}'"
            )
