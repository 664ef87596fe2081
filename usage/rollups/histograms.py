"""How long requests took: counts in buckets that grow by a constant factor (DDSketch; Masson et al. 2019).

Counts add up, over hours as over people, and percentiles are taken from the sum, never from percentiles.
A percentile read from here is within 5 % of the true one; times below a millisecond count as one.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

# Bucket n holds GAMMA ** (n - 1) < milliseconds ≤ GAMMA ** n.
GAMMA = 1.105
RELATIVE_ERROR = (GAMMA - 1) / (GAMMA + 1)


@dataclass
class Histogram:
    counts: Counter[int] = field(default_factory=Counter)

    @classmethod
    def read(cls, text: str) -> "Histogram":
        """`bucket,count,bucket,count…`, in which a bucket may come more than once: texts are added up by a
        comma between them."""
        numbers = iter(msgspec.json.decode(f"[{text}]", type=list[int]))
        found = cls()
        found.add(zip(numbers, numbers, strict=True))
        return found

    def __str__(self) -> str:
        return ",".join(f"{bucket},{self.counts[bucket]}" for bucket in sorted(self.counts))

    def add(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Pairs of a bucket and how many it holds; a bucket may come more than once."""
        for bucket, count in pairs:
            self.counts[bucket] += count

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def percentile(self, percent: float) -> int | None:
        """In milliseconds: the least time that `percent` of the requests did not exceed. None without any."""
        rank = math.ceil(self.total * percent / 100)
        seen = 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if seen >= rank:
                return round(_middle(bucket))
        return None

    def count_within(self, milliseconds: float) -> int:
        """How many took at most that long; such as are within 5 % of it may count on either side."""
        return sum(count for bucket, count in self.counts.items() if _middle(bucket) <= milliseconds)

    @property
    def p50(self) -> int | None:
        return self.percentile(50)

    @property
    def p95(self) -> int | None:
        return self.percentile(95)

    @property
    def p99(self) -> int | None:
        return self.percentile(99)


def _middle(bucket: int) -> float:
    """As far, relatively, from the bucket's lower end as from its upper one."""
    return 2 * GAMMA**bucket / (GAMMA + 1)
