"""All that a person's page says of their requests, from one look at where it is to be found.

Asked one by one, `series`, `totals`, `split` and `choices` would each find out anew what is closed, and read
the ledger for the rest.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Case, CharField, Q, Value, When
from django.utils import timezone

from usage.models import Rollup, UsageRecord
from usage.reports.figures import Figures
from usage.reports.periods import Bucket, Period, starts
from usage.reports.queries import Choices, Parts, Points, choices_among, ranked, spread
from usage.reports.scope import Scope
from usage.reports.sources import MOMENT, Found, add_ledger, add_rollups, closed_in
from usage.rollups.pieces import pieces

_EVER = datetime(1970, 1, 1, tzinfo=UTC)
# Whether a row is of what is asked for, of the same in the period before, or of neither.
_SIDE = "side"
_NOW, _BEFORE, _NEITHER = "now", "before", ""
_KIND = ("model", "key_id", "status", _SIDE)


@dataclass(frozen=True)
class Digest:
    """`series`, `by_model` and `by_key` as `usage.reports` has them; `before` is the total of the period
    before. `ever` is the person's, whatever is asked for."""

    series: Points
    before: Figures
    by_model: Parts
    by_key: Parts
    ever: Choices


def digest(scope: Scope, period: Period, bucket: Bucket, zone: ZoneInfo) -> Digest:
    """Of one person's requests: `scope` says whose, and of no group."""
    moments = starts(period, bucket, zone)
    over_time, kinds = _read(scope, period, moments)
    before, by_model, by_key = Figures(), defaultdict(Figures), defaultdict(Figures)
    for (model, key_id, _status, side), part in kinds.items():
        if side == _BEFORE:
            before.merge(part)
        if side == _NOW:
            by_model[model].merge(part)
            by_key[key_id].merge(part)
    return Digest(
        spread(moments, over_time),
        before,
        ranked(by_model.items()),
        ranked(by_key.items()),
        choices_among(kind[:3] for kind in kinds),
    )


def _read(scope: Scope, period: Period, moments: Sequence[datetime]) -> tuple[Found, Found]:
    """What is asked for by its moment; and by `_KIND` all that the person ever did."""
    edges = (period.previous().since, period.since, period.until)
    found = pieces(_EVER, timezone.now() + timedelta(days=1), (*edges, *moments))
    rollups = Rollup.objects.filter(closed_in(found), user_id=scope.user_id)
    over_time: Found = defaultdict(Figures)
    kinds: Found = defaultdict(Figures)
    add_rollups(over_time, rollups.filter(_asked(scope, period, "start")), (MOMENT,))
    add_rollups(kinds, rollups.annotate(side=_side(scope, period, "start")), _KIND)
    if found.open:
        rows = UsageRecord.objects.began_in(found.open).filter(user_id=scope.user_id)
        still_open: Found = defaultdict(Figures)
        add_ledger(still_open, rows.annotate(side=_side(scope, period, "started_at")), (*_KIND, MOMENT))
        for (*kind, moment), part in still_open.items():
            kinds[tuple(kind)].merge(part)
            if kind[-1] == _NOW:
                over_time[moment,].merge(part)
    return over_time, kinds


def _side(scope: Scope, period: Period, moment: str) -> Case:
    return Case(
        When(_asked(scope, period, moment), then=Value(_NOW)),
        When(_asked(scope, period.previous(), moment), then=Value(_BEFORE)),
        default=Value(_NEITHER),
        output_field=CharField(),
    )


def _asked(scope: Scope, period: Period, moment: str) -> Q:
    return scope.filter() & Q(**{f"{moment}__gte": period.since, f"{moment}__lt": period.until})
