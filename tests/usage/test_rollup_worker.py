"""A worker that is killed in the middle of a roll-up, a task that comes twice (battery F06)."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests import profile
from tests.portal.test_serving import celery
from tests.portal_process import ROOT, manage

FILL = """
import random
from datetime import timedelta
from django.utils import timezone
from accounts.services import create_verified_user
from usage.models import UsageRecord
chance, now = random.Random(1), timezone.now()
user = create_verified_user(email="a@example.org", password="correct-horse-battery")
UsageRecord.objects.bulk_create(
    UsageRecord(
        user=user, model=chance.choice("mno"), format="openai", status="complete", input_tokens=5, cost=1,
        duration_ms=chance.randrange(5000), started_at=now - timedelta(hours=chance.uniform(1, 5000)),
    )
    for _ in range(3000)
)
"""
CLOSED = "SELECT count(*) FROM usage_closedbucket WHERE grain = '{}'"
ROLL_UP = "from usage.tasks import roll_up; roll_up{}()"
SUMS = """
from django.db.models import Sum
from usage.models import Rollup
for grain in ("hour", "day", "month"):
    print(Rollup.objects.filter(grain=grain, user_id__isnull=False).aggregate(n=Sum("requests"))["n"] or 0)
"""


@pytest.mark.timeout(300)
def test_a_worker_is_killed_and_a_task_comes_twice(eventually: Callable[..., Any]) -> None:
    """With Redis: real Celery workers. Embedded: the process that serves does the work itself."""
    variables = profile.environment("rollups")
    profile.create_migrated(variables)
    processes: list[subprocess.Popen[bytes]] = []

    def ask(code: str) -> str:
        return manage(variables, "shell", "-v0", "-c", code).strip()

    def closed(grain: str) -> int:
        return int(profile.value(variables, CLOSED.format(grain)))

    def begin() -> "subprocess.Popen[bytes]":
        if "REDIS_URL" in variables:
            for _ in range(2):
                ask(ROLL_UP.format(".delay"))
            processes.append(celery(variables, "worker", "--pool", "solo"))
        else:
            command = [sys.executable, "manage.py", "shell", "-v0", "-c", ROLL_UP.format("")]
            processes.append(subprocess.Popen(command, cwd=ROOT, env={**os.environ, **variables}))
        return processes[-1]

    try:
        manage(variables, "prepare")
        ask(FILL)
        first = begin()
        eventually(lambda: closed("hour") > 0, 90)
        first.kill()
        first.wait()
        begin()
        eventually(lambda: closed("month") >= 6, 90)
        hours, days, months = (int(each) for each in ask(SUMS).split())
        assert 2990 <= hours <= 3000
        assert hours >= days >= months > 0
        assert manage(variables, "reconcile_usage") == ""
    finally:
        for process in processes:
            process.kill()
            process.wait()
        profile.drop_database(variables)
