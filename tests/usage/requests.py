"""Requests as they may stand in the ledger."""

import random
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from usage.models import ServingProcess, Status, UsageRecord


@cache
def living_process() -> UUID:
    """One whose open requests no sweeper closes while a test looks at them."""
    return ServingProcess.objects.create(pk=uuid4(), seen_at=datetime(2100, 1, 1, tzinfo=UTC)).pk


def some_request(chance: random.Random, user: Any, key_ids: list[Any], at: datetime) -> UsageRecord:
    """Open, settled, cancelled or interrupted; with all that a row can say."""
    status = chance.choices(list(Status), [1, 8, 2, 1, 1])[0]
    row = UsageRecord(
        user=user, key_id=chance.choice([*key_ids, None]), model=chance.choice("mno"), format="openai",
        started_at=at, status=status, deployment=chance.choice(["east", "west"]), process=living_process(),
    )  # fmt: skip
    prices = ("input_price", "output_price", "cached_price", "cache_write_price")
    prices += ("image_price", "request_price")
    for price in prices:
        setattr(row, price, Decimal(chance.randrange(10**9)).scaleb(-6))
    if status == Status.OPEN:
        return row
    row.cached_tokens, row.cache_written_tokens = chance.randrange(300), chance.randrange(300)
    row.input_tokens = row.cached_tokens + row.cache_written_tokens + chance.randrange(2000)
    row.output_tokens, row.reasoning_tokens = chance.randrange(3000), chance.randrange(100)
    row.images = chance.choice([0, 0, 3])
    row.cost = Decimal(chance.randrange(10**12)).scaleb(-9)
    if status != Status.INTERRUPTED:
        row.duration_ms = int(10 ** chance.uniform(0, 6))
        row.first_token_ms = chance.choice([None, row.duration_ms // 3])
    return row
