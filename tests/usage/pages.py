"""What tests read of a page that shows usage, and the ledger's rows they make for it."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

from django.utils import timezone

from usage.models import UsageRecord


def used(user: Any, ago: timedelta = timedelta(minutes=5), **fields: Any) -> UsageRecord:
    """A settled request that began so long ago."""
    known = {"model": "alpha", "format": "openai", "status": "complete", "tokens_source": "upstream"}
    known |= {"input_tokens": 100, "output_tokens": 20, "duration_ms": 1000, "first_token_ms": 100}
    known |= {"cost": Decimal("0.5"), "started_at": timezone.now() - ago}
    return UsageRecord.objects.create(user=user, **{**known, **fields})


def used_at(user: Any, at: datetime, **fields: Any) -> UsageRecord:
    return used(user, started_at=at, **fields)


def figure(html: str, name: str) -> tuple[str, str, str]:
    """What is shown, what it is exactly, and how it has changed; empty where nothing was before."""
    found = re.search(
        rf'id="figure-{name}">.*?title="([^"]*)">([^<]*)</dd>(?:<dd class="figure-change"[^>]*>(.*?)</dd>)?',
        html,
        re.S,
    )
    assert found is not None, f"there is no figure {name}"
    exact, shown, change = (text(part or "") for part in found.groups())
    return shown, exact, change


def figures(html: str, *names: str) -> list[str]:
    return [figure(html, name)[0] for name in names]


def chart_rows(html: str, name: str) -> list[list[str]]:
    """A chart's table: its heads, then its rows."""
    found = re.search(rf'id="chart-{name}-data".*?<table>(.*?)</table>', html, re.S)
    assert found is not None, f"there is no chart {name}"
    return rows_of(found[1])


def table_rows(html: str, name: str) -> list[list[str]]:
    """Of the section with that id, without its heads."""
    found = re.search(rf'id="{name}">.*?<tbody[^>]*>(.*?)</tbody>', html, re.S)
    assert found is not None, f"there is no table {name}"
    return rows_of(found[1])


def rows_of(html: str) -> list[list[str]]:
    return [
        [text(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)]
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", html, re.S)
    ]


def text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
