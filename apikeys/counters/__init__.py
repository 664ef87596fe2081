"""Where limits are counted: in Redis for many processes, or in this one."""

from django.conf import settings

from apikeys.counters.in_process import InProcessCounters
from apikeys.counters.in_redis import RedisCounters
from apikeys.counters.protocol import Counters

COUNTERS: Counters = RedisCounters(settings.REDIS_URL) if settings.REDIS_URL else InProcessCounters()
