"""An upstream's models → public models that it serves. What exists already is never changed."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import transaction

from chat.catalogue.discovery import Listed
from chat.models import Deployment, ModelAlias, PublicModel, Upstream
from chat.models.capabilities import just_chat

# How the upstreams that the environment names are called.
ENVIRONMENT_PREFIX = "environment-"
_MAX_NAME = 200


@dataclass(frozen=True)
class Candidate:
    """`name` is the public name it would get; None when it cannot be imported, `why_not` then says why."""

    listed: Listed
    name: str | None
    why_not: str = ""


def candidates(upstream: Upstream, listed: Iterable[Listed]) -> list[Candidate]:
    served = set(upstream.deployments.values_list("upstream_model", flat=True))
    taken = set(PublicModel.objects.values_list("name", flat=True))
    taken |= set(ModelAlias.objects.filter(gives_way=False).values_list("name", flat=True))
    found = []
    for model in listed:
        if model.id in served:
            found.append(Candidate(model, None, "is served already"))
            continue
        name = _free_name(upstream, model.id, taken)
        if name:
            taken.add(name)
        found.append(Candidate(model, name, "" if name else "its name is taken"))
    return found


def _free_name(upstream: Upstream, own: str, taken: Collection[str]) -> str | None:
    longer = f"{_owner(upstream)}/{own}"
    return next((name for name in (own, longer) if name not in taken and len(name) <= _MAX_NAME), None)


@transaction.atomic
def import_models(*, upstream: Upstream, chosen: Iterable[Candidate]) -> list[PublicModel]:
    """Returns the new ones."""
    return [_import(upstream, candidate) for candidate in chosen if candidate.name]


def _import(upstream: Upstream, candidate: Candidate) -> PublicModel:
    listed = candidate.listed
    ModelAlias.objects.filter(name=candidate.name, gives_way=True).delete()
    model = PublicModel.objects.create(
        name=candidate.name,
        owned_by=_owner(upstream),
        capabilities=list(listed.capabilities) or just_chat(),
        context_window=listed.context_window,
        max_output_tokens=listed.max_output_tokens,
    )
    Deployment.objects.create(model=model, upstream=upstream, upstream_model=listed.id)
    return model


def _owner(upstream: Upstream) -> str:
    return upstream.name.removeprefix(ENVIRONMENT_PREFIX)
