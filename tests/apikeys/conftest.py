"""Counters in this process and, where there is one, in Redis."""

import os
from typing import Any

import pytest

from apikeys.counters.in_process import InProcessCounters
from apikeys.counters.in_redis import RedisCounters
from apikeys.counters.protocol import Counters
from tests import profile
from tests.apikeys.desk import Clock, Desk

PLACES = ["process", "redis"] if profile.PROFILE == "scale" else ["process"]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=PLACES)
def counters(request: pytest.FixtureRequest, clock: Clock) -> Counters:
    if request.param == "process":
        return InProcessCounters(clock)
    return RedisCounters(os.environ["REDIS_URL"], clock)


@pytest.fixture
def desk(counters: Counters, clock: Clock, alice: Any) -> Desk:
    return Desk(counters, clock, alice)
