"""What calls that still run have come to so far: each heartbeat tells it, for when their process dies."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from usage.models import TokensSource


@dataclass(frozen=True)
class Known:
    """Fields as the ledger's row has them."""

    deployment: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_written_tokens: int = 0
    reasoning_tokens: int = 0
    images: int = 0
    tokens_source: str = TokensSource.ESTIMATED

    @property
    def is_nothing(self) -> bool:
        return not (self.input_tokens or self.output_tokens or self.images)


Look = Callable[[], Known]
Store = Callable[[Sequence[UUID]], Mapping[UUID, Known]]
_running: dict[UUID, Look] = {}
_stores: list[Store] = []


def follow(request_id: UUID, look: Look) -> None:
    """`look` is called in the heartbeat's thread, until the request is forgotten."""
    _running[request_id] = look


def forget(request_id: UUID) -> None:
    _running.pop(request_id, None)


def register(store: Store) -> None:
    """An app that keeps answers as they grow knows of requests, too."""
    _stores.append(store)


def notes() -> dict[str, dict[str, Any]]:
    """As JSON, of the calls of this process that have come to something."""
    looks = {request_id: look() for request_id, look in list(_running.items())}
    return {request_id.hex: _brief(known) for request_id, known in looks.items() if not known.is_nothing}


def recall(request_ids: Sequence[UUID], noted: Mapping[str, dict[str, Any]]) -> dict[UUID, Known]:
    """Of each request what is known best: that its process noted it, or that its answer is stored."""
    best = {each: Known(**noted[each.hex]) for each in request_ids if each.hex in noted}
    for store in _stores:
        for request_id, known in store(request_ids).items():
            if known.output_tokens > best.get(request_id, Known()).output_tokens:
                best[request_id] = known
    return best


def _brief(known: Known) -> dict[str, Any]:
    return {name: value for name, value in asdict(known).items() if value}
