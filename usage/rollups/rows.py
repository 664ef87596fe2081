"""Roll-ups, added up by the database."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Aggregate, F, QuerySet, Sum, TextField, Value
from django.db.models.functions import NullIf

from usage.models import Rollup
from usage.rollups.ledger_rows import SUM
from usage.rollups.sums import HISTOGRAMS, SUMS


class Joined(Aggregate):
    """Texts with a comma between them; NULL of none."""

    function = "STRING_AGG"
    template = "%(function)s(%(expressions)s, ',')"
    output_field = TextField()

    def as_sqlite(self, *arguments: object, **options: object) -> tuple[str, Sequence[object]]:
        return super().as_sql(*arguments, **options, function="GROUP_CONCAT")  # type: ignore[arg-type]


def summed(
    rows: QuerySet[Rollup], by: Sequence[str], histograms: Sequence[str] = HISTOGRAMS
) -> QuerySet[Rollup, dict[str, Any]]:
    """Sums and histograms, their names after `SUM`, for each combination of `by`."""
    sums: dict[str, Aggregate] = {SUM + name: Sum(name) for name in SUMS}
    texts = {SUM + name: Joined(NullIf(F(name), Value(""))) for name in histograms}
    return rows.order_by().values(*by).annotate(**sums, **texts)
