"""`python -m bench.usage`: what usage figures cost while the ledger grows from 100,000 to 10,000,000 rows.

A database of its own on the tests' PostgreSQL, filled by COPY with a year of requests of two hundred people,
of whom few do most, in the order in which they came. Timed is what `/api/usage/…` computes, without HTTP.
"""

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from bench.stuff import _module, database

SIZES = (100_000, 1_000_000, 10_000_000)
QUICK_SIZES = (2_000, 10_000)
PEOPLE, KEYS_EACH = 200, 2
# In milliseconds, p95 at the largest size; how much of it growth may be; requests a second.
GOAL, GROWTH, SPEED = 50, 1.5, 50_000
NOW = datetime.now(UTC).replace(minute=30, second=0, microsecond=0)
_MODELS = {"small": 60, "large": 25, "thinking": 10, "embedding": 4, "image": 1}
_STATUSES = {"complete": 95, "failed": 3, "cancelled": 1.8, "interrupted": 0.2}
_COLUMNS = (
    "id, user_id, key_id, model, deployment, format, is_stream, started_at, reserved_tokens, reserved_cost,"
    " status, error_type, input_tokens, output_tokens, cached_tokens, cache_written_tokens, reasoning_tokens,"
    " images, tokens_source, input_price, output_price, cached_price, cache_write_price, image_price,"
    " request_price, cost, first_token_ms, duration_ms, is_disconnected"
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.usage", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two small steps: a first idea, no figures")
    parser.add_argument("--rows", type=int, default=SIZES[-1], help="the largest step")
    arguments = parser.parse_args()
    sizes = QUICK_SIZES if arguments.quick else [size for size in SIZES if size <= arguments.rows]
    with database() as url:
        # Django reads it as it is set up.
        os.environ["DATABASE_URL"], os.environ["DJANGO_SETTINGS_MODULE"] = url, "portal.settings"
        os.environ.pop("REDIS_URL", None)
        _module("django").setup()
        steps = [step for step in measured(sizes, rounds=3 if arguments.quick else 200)]
    return report(steps, is_judged=not arguments.quick)


@dataclass
class Step:
    """One size. Times in milliseconds: p50 and p95 of each question."""

    rows: int
    rows_per_second: float
    ledger_bytes: float
    rollup_bytes: float
    rollups: int
    times: dict[str, tuple[float, float]]


def measured(sizes: Sequence[int], rounds: int) -> Iterator[Step]:
    _module("django.core.management").call_command("migrate", verbosity=0)
    requests = Requests()
    for size in sizes:
        begun = time.monotonic()
        copy_in(requests.rows(size))
        print(f"{size:,} rows written in {time.monotonic() - begun:.0f} s", flush=True)
        begun = time.monotonic()
        done = roll_up_anew()
        seconds = time.monotonic() - begun
        ledger, rollups, count = sizes_now()
        print(f"  rolled up in {seconds:.1f} s: {done / seconds:,.0f} rows/s, {count:,} roll-ups", flush=True)
        times = {kind: timed(ask, rounds) for kind, ask in questions(requests).items()}
        yield Step(size, done / seconds, ledger, rollups, count, times)


class Requests:
    """A year of them, the oldest first. The same each time."""

    def __init__(self) -> None:
        self.random = random.Random(7)
        User, ApiKey = _module("accounts.models").User, _module("apikeys.models").ApiKey
        self.users = [
            User.objects.create(email=f"{n}@bench.example.org", password="!").pk for n in range(PEOPLE)
        ]
        self.keys = {
            user: [
                ApiKey.objects.create(
                    user_id=user, name=f"Key {n}", secret_digest=f"{user.hex}{n}", permissions=["chat"]
                ).pk
                for n in range(KEYS_EACH)
            ]
            for user in self.users
        }
        self.weights = [1 / (rank + 5) for rank in range(PEOPLE)]

    def rows(self, count: int) -> Iterator[tuple[Any, ...]]:
        draw = self.random
        users = draw.choices(self.users, self.weights, k=count)
        models = draw.choices(list(_MODELS), list(_MODELS.values()), k=count)
        statuses = draw.choices(list(_STATUSES), list(_STATUSES.values()), k=count)
        seconds_ago = sorted((draw.random() * 365 * 86_400 for _ in range(count)), reverse=True)
        for number in range(count):
            at = NOW - timedelta(seconds=seconds_ago[number])
            key = draw.choice(self.keys[users[number]]) if draw.random() < 0.7 else None
            duration = int(draw.lognormvariate(7.5, 0.9))
            inputs, outputs = int(draw.lognormvariate(6, 1.2)), int(draw.lognormvariate(5, 1))
            yield (
                UUID(int=int(at.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62 | number),
                users[number], key, models[number], f"{models[number]}-east", "openai", True, at, 0, 0,
                statuses[number], "", inputs, outputs, inputs // 4, 0, 0, 0, "upstream", "0.5", "1.5",
                "0.05", "0.5", 0, 0, f"{(inputs * 0.5 + outputs * 1.5) / 1e6:.9f}", duration // 8, duration,
                False,
            )  # fmt: skip


def copy_in(rows: Iterator[tuple[Any, ...]]) -> None:
    """In place of what is there. Without the trigger for late rows: they all are."""
    with _module("django.db").connection.cursor() as cursor:
        cursor.execute("TRUNCATE usage_usagerecord CASCADE")
        cursor.execute("ALTER TABLE usage_usagerecord DISABLE TRIGGER usage_late_request")
        with cursor.copy(f"COPY usage_usagerecord ({_COLUMNS}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute("ALTER TABLE usage_usagerecord ENABLE TRIGGER usage_late_request")
        cursor.execute("VACUUM ANALYZE usage_usagerecord")


def roll_up_anew() -> int:
    """Returns how many requests are in the hours."""
    with _module("django.db").connection.cursor() as cursor:
        cursor.execute("TRUNCATE usage_rollup, usage_closedbucket")
    done = int(_module("usage.rollups.closing").roll_up())
    with _module("django.db").connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE usage_rollup")
        cursor.execute("VACUUM ANALYZE usage_closedbucket")
    return done


def sizes_now() -> tuple[float, float, int]:
    """Bytes of the ledger and of the roll-ups, and how many of these there are."""
    with _module("django.db").connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('usage_usagerecord')),"
            " pg_total_relation_size('usage_rollup'), (SELECT count(*) FROM usage_rollup)"
        )
        ledger, rollups, count = cursor.fetchone()
    return float(ledger), rollups, count


def questions(requests: Any) -> dict[str, Callable[[], Any]]:
    """Each of one of `requests.users`, the first of whom does most; at a moment of today."""
    reports, zone = _module("usage.reports"), _module("zoneinfo").ZoneInfo("Europe/Athens")
    draw = random.Random(3)

    everybody = reports.Scope(user_ids=frozenset(requests.users))

    def period(name: str) -> Any:
        return reports.Period.of(name, NOW - timedelta(seconds=draw.random() * 3600))

    def somebody() -> Any:
        return reports.Scope(draw.choice(requests.users))

    def summary(scope: Any, name: str) -> None:
        within = period(name)
        reports.Figures.sum(part for _, part in reports.split(scope, within, "model"))
        reports.totals(scope, within.previous())

    def page() -> None:
        scope, within = somebody(), period("30d")
        reports.digest(scope, within, "day", zone)
        reports.recent(scope, within, _module("portal.web.pagination").PageQuery())

    return {
        "totals, 30 days": lambda: reports.totals(somebody(), period("30d")),
        "totals, a year": lambda: reports.totals(somebody(), period("1y")),
        "summary, 30 days": lambda: summary(somebody(), "30d"),
        "summary, a year": lambda: summary(somebody(), "1y"),
        "busiest person, a year": lambda: summary(reports.Scope(requests.users[0]), "1y"),
        "series, 30 days": lambda: reports.series(somebody(), period("30d"), "day", zone),
        "series, a year of weeks": lambda: reports.series(somebody(), period("1y"), "week", zone),
        "page": page,
        "whole portal, a year": lambda: summary(reports.Scope(), "1y"),
        "budgets, everybody": lambda: reports.split(everybody, period("30d"), "user", with_times=False),
        "metrics": lambda: list(_module("usage.metrics").collect()),
        "top spenders, 30 days": lambda: reports.split(
            reports.Scope(), period("30d"), "user", with_times=False
        ),
    }


def timed(ask: Callable[[], Any], rounds: int) -> tuple[float, float]:
    ask()
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        ask()
        times.append((time.perf_counter() - begun) * 1000)
    times.sort()
    return statistics.median(times), times[int(len(times) * 0.95)]


def report(steps: Sequence[Step], *, is_judged: bool) -> int:
    print("\n" + " " * 26 + "".join(f"{step.rows:>18,}" for step in steps))
    print("milliseconds" + " " * 14 + "".join(f"{'p50':>10}{'p95':>8}" for _ in steps) + f"{'growth':>9}")
    for kind in steps[0].times:
        figures = "".join(f"{p50:10.1f}{p95:8.1f}" for p50, p95 in (step.times[kind] for step in steps))
        growth = steps[-1].times[kind][1] / steps[0].times[kind][1]
        print(f"{kind:26}{figures}{growth:8.1f}x")
    million = 1_000_000
    lines = {
        "roll-up, rows/s": [f"{step.rows_per_second:,.0f}" for step in steps],
        "roll-ups": [f"{step.rollups:,}" for step in steps],
        "ledger, MB/million rows": [f"{step.ledger_bytes / step.rows:,.0f}" for step in steps],
        "roll-ups, MB/million rows": [f"{step.rollup_bytes / step.rows:,.0f}" for step in steps],
    }
    for name, values in lines.items():
        print(f"{name:26}" + "".join(f"{value:>18}" for value in values))
    last, first = steps[-1], steps[0]
    p95 = last.times["summary, a year"][1]
    met = {
        f"summary p95 ≤ {GOAL} ms": p95 <= GOAL,
        f"within {GROWTH}x of the smallest": p95 <= GROWTH * first.times["summary, a year"][1],
        f"roll-up ≥ {SPEED:,} rows/s": last.rows_per_second >= SPEED,
    }
    print("\n" + "\n".join(f"Goal, {goal}: {'met' if is_met else 'missed'}" for goal, is_met in met.items()))
    return 0 if all(met.values()) or not is_judged or last.rows < 10 * million else 1


if __name__ == "__main__":
    sys.exit(main())
