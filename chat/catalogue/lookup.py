"""Public model name or alias → what a call needs to know of the model."""

import time
from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db.models import Exists, F, FilteredRelation, OuterRef, Prefetch, Q

from chat.catalogue import membership
from chat.catalogue.connections import connect
from chat.catalogue.health import health
from chat.gateway import routing
from chat.gateway.errors import ModelNotFound
from chat.models import Deployment, PublicModel
from chat.presence import PersonalRoute
from portal.batching import Batches

# Seconds. A call may go by a catalogue that is this old: asking anew each time would cost more than the
# rest of the call. (Whether the caller may call at all is never remembered: `apikeys.holders`.)
STALE_AFTER = 1.0


@dataclass(frozen=True)
class _Entry:
    model: PublicModel
    deployments: Sequence[routing.Deployment]
    read_at: float


_entries: WeakKeyDictionary[AbstractEventLoop, dict[str, _Entry]] = WeakKeyDictionary()


async def find_model(name: str, user_id: UUID) -> tuple[PublicModel, routing.Route]:
    """Raises `ModelNotFound` when this person may not ask for it."""
    known = _entries.setdefault(get_running_loop(), {})
    entry = known.get(name)
    if entry is None or time.monotonic() - entry.read_at >= STALE_AFTER:
        entry = _entry(await _reader.put(name))
        if entry is None:
            known.pop(name, None)
            raise model_not_found(name)
        known[name] = entry
    if entry.model.is_restricted and not await membership.may_use(entry.model.pk, user_id):
        raise model_not_found(name)
    return entry.model, PersonalRoute(entry.deployments, health, user_id)


def model_not_found(name: str) -> ModelNotFound:
    return ModelNotFound(f"The model `{name[:200]}` does not exist or you may not use it.", param="model")


def _entry(model: PublicModel | None) -> _Entry | None:
    if model is None:
        return None
    deployments = [
        routing.Deployment(
            id=str(row),
            upstream=connect(row.upstream),
            model=row.upstream_model or model.name,
            priority=row.priority,
            weight=row.weight,
        )
        for row in model.usable
    ]
    return _Entry(model, deployments, time.monotonic())


def _read(names: Sequence[str]) -> list[PublicModel | None]:
    """Each with its enabled deployments in `usable`, its prices, and whether it is for some groups only."""
    usable = Deployment.objects.filter(is_enabled=True, upstream__is_enabled=True).select_related("upstream")
    wanted = {name for name in names if "\x00" not in name}
    groups = PublicModel.groups.through.objects.filter(publicmodel=OuterRef("pk"))
    # A model comes once for each of its aliases that is wanted, or once without.
    models = PublicModel.objects.alias(
        wanted_alias=FilteredRelation("aliases", condition=Q(aliases__name__in=wanted))
    ).annotate(asked_as=F("wanted_alias__name"), is_restricted=Exists(groups))
    asked = models.filter(Q(name__in=wanted) | Q(asked_as__isnull=False), is_enabled=True)
    deployments = Prefetch("deployments", usable, to_attr="usable")
    found = list(asked.prefetch_related(deployments, "dated_prices"))
    by_name = {model.asked_as: model for model in found} | {model.name: model for model in found}
    return [by_name.get(name) for name in names]


_reader: Batches[str, PublicModel | None] = Batches("catalogue", _read)
