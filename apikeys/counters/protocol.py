"""What a place for counters must do. Times are microseconds since 1970, amounts whole numbers.

A window counts the requests of the last minute. A quota counts what one calendar period has used, and
holds amounts for requests that run. The ledger is the truth, a counter a copy of it: one that is missing,
or may be wrong, is thrown away and rebuilt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

MINUTE = 60_000_000
# An amount is held for so long; whose process still runs then is asked of the ledger.
LEASE = 60_000_000
# A counter that nobody has claimed from for so long is rebuilt when somebody does: nobody need tell it what
# was used without it, while its limit was taken away, or before Redis came back with an old snapshot.
IDLE = 120_000_000
# That a settlement came to a missing counter is remembered for so long: longer than any rebuilding takes.
KEEP = 86_400_000_000


class CountersUnavailable(Exception):
    """The place for counters does not answer."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request asks of one counter: to be refused when less than `need` is left, else to have
    `want` set aside, also where that is more than is left. `ends` is None for a window."""

    counter: str
    limit: int
    need: int = 1
    want: int = 1
    ends: int | None = None

    @property
    def is_window(self) -> bool:
        return self.ends is None

    def is_refused_at(self, count: "Count") -> bool:
        """What needs nothing is never refused: a free model does not touch a cap on cost."""
        return self.need > 0 and self.limit - count.used - count.held < self.need


@dataclass(frozen=True, slots=True)
class Count:
    """How a counter stands. `held` includes what is set aside for this request. `oldest` and `newest` are
    times of a window's requests; 0 when there are none."""

    used: int
    held: int = 0
    oldest: int = 0
    newest: int = 0


class Verdict(Enum):
    ADMITTED = 0
    REFUSED = 1
    # Some counters are missing: nothing was done.
    UNKNOWN = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """`counts` in the order of the claims, empty when unknown. `missing` has the place of each claim whose
    counter is missing, and the generation to rebuild it with."""

    verdict: Verdict
    now: int
    counts: Sequence[Count] = ()
    missing: Mapping[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """Requests by id, with their times."""

    requests: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Quota:
    """`held` by request id."""

    used: int
    held: Mapping[str, int]


class Counters(Protocol):
    async def claim(self, request_id: str, claims: Sequence[Claim], *, only_look: bool = False) -> Answer:
        """All claims or none, as one step that no other claim comes between. What the same request claimed
        before is taken back first."""

    async def settle(self, request_id: str, charges: Mapping[str, int]) -> Mapping[str, Count]:
        """Quotas by counter, with what the request really used, in place of what was held for it.

        A counter that holds nothing for it has been rebuilt since, before or after the ledger knew the
        outcome: nobody can tell, so it is thrown away. Such counters are left out of the answer.
        """

    async def install(self, claim: Claim, generation: int, content: Window | Quota) -> None:
        """Puts a rebuilt counter in its place: not over one that is there, and not when a settlement has
        come to the missing counter since its `generation` was told."""

    async def close(self) -> None:
        """Ends what this event loop has open."""
