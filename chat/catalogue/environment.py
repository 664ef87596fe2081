"""The catalogue at the start: the default model, and the servers that the environment names.

One of them serves the default model: an operator's choice before the environment's, the environment's
before a server found on this machine, and the built-in model when there is none.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop

from chat.catalogue.discovery import Listed, find_local_servers, first_chat, read_listing
from chat.catalogue.families import capabilities_of
from chat.catalogue.import_models import ENVIRONMENT_PREFIX, candidates, import_models
from chat.catalogue.servers import Server, ServerFailure, run
from chat.models import Deployment, ModelAlias, PublicModel, Upstream
from chat.models.capabilities import Capability
from chat.models.catalogue import UpstreamKind

log = logging.getLogger(__name__)

BUILTIN = "builtin"
ENVIRONMENT = "environment"
DISCOVERED = "discovered"
OPENAI, ANTHROPIC, OLLAMA = (ENVIRONMENT_PREFIX + name for name in ("openai", "anthropic", "ollama"))
STATED = (ENVIRONMENT, OLLAMA, OPENAI, ANTHROPIC)
# What programs written for somebody else ask for; it stands back for a real model of this name.
ALIASES = ("gpt-4o",)
# Seconds: a provider that does not answer must not hold up the start.
PATIENCE = 5.0
# Behind the default model, where a provider lists a hundred: able and not dear. Else the first it lists.
_PREFERRED = {OPENAI: ("gpt-5-mini", "gpt-4.1-mini", "gpt-4o-mini"), ANTHROPIC: ("claude-sonnet",)}


@dataclass(frozen=True)
class Stated:
    """A server that the environment names. `model`, where it is said, serves the default model."""

    name: str
    kind: str
    base_url: str
    credential: str = ""
    model: str = ""

    @property
    def joins(self) -> bool:
        """Whether all its models join the catalogue."""
        return self.name != ENVIRONMENT


def sync_catalogue() -> None:
    """Safe to repeat: what an operator changed in the admin stays as it is."""
    stated = _stated()
    listings = run(_read_all(stated)) if stated else {}
    local = None if stated or _has_operators_upstream() else _find_local()
    with transaction.atomic():
        rows = {server.name: _sync_upstream(server, listings[server.name]) for server in stated}
        _forget(set(STATED) - rows.keys())
        default = _default_model()
        if stated:
            _serve_default(default, stated, rows, listings)
        elif local:
            _serve_locally(default, *local)
        elif not _has_operators_upstream():
            default.deployments.filter(upstream__name=DISCOVERED).update(is_enabled=False)
        _sync_builtin(default)


def _stated() -> list[Stated]:
    """In the order in which they are asked to serve the default model."""
    its = settings.ENVIRONMENT
    openai, anthropic = UpstreamKind.OPENAI, UpstreamKind.ANTHROPIC
    found = []
    if its.portal_upstream_url:
        base_url, key = _with_version(its.portal_upstream_url), its.portal_upstream_key or ""
        model = its.portal_upstream_model or ""
        found.append(Stated(ENVIRONMENT, its.portal_upstream_kind, base_url, key, model))
    if its.ollama_host:
        found.append(Stated(OLLAMA, openai, f"{its.ollama_host}/v1"))
    if its.openai_api_key:
        found.append(Stated(OPENAI, openai, its.openai_base_url, its.openai_api_key))
    if its.anthropic_api_key:
        # The SDK's own variable leaves out the version.
        base_url = f"{its.anthropic_base_url.rstrip('/')}/v1"
        found.append(Stated(ANTHROPIC, anthropic, base_url, its.anthropic_api_key))
    return found


def _with_version(url: str) -> str:
    """`http://host:port` means its `/v1`, as every OpenAI-compatible server has it."""
    url = url.rstrip("/")
    return url if urlsplit(url).path else f"{url}/v1"


async def _read_all(stated: Sequence[Stated]) -> dict[str, list[Listed] | None]:
    listings = await asyncio.gather(*map(_read, stated))
    return {server.name: listing for server, listing in zip(stated, listings, strict=True)}


async def _read(stated: Stated) -> list[Listed] | None:
    """None when it does not say."""
    if stated.model:
        return None
    row = Upstream(kind=stated.kind, base_url=stated.base_url, credential=stated.credential)
    try:
        return (await read_listing(Server.of(row), PATIENCE)).models
    except ServerFailure as failure:
        hint = "" if stated.joins else " Set PORTAL_UPSTREAM_MODEL."
        log.warning("The server %s does not list its models: %s.%s", stated.name, failure, hint)
        return None


def _find_local() -> tuple[Stated, list[Listed]] | None:
    environment = settings.ENVIRONMENT
    if not environment.portal_discovery:
        return None
    ports = [port for port in environment.portal_discovery_ports if port != environment.portal_port]
    for found in find_local_servers(ports):
        log.info("Found a model server at %s: it serves the default model.", found.base_url)
        return Stated(DISCOVERED, UpstreamKind.OPENAI, found.base_url), found.models
    return None


def _has_operators_upstream() -> bool:
    ours = (BUILTIN, DISCOVERED, *STATED)
    return Upstream.objects.filter(is_enabled=True).exclude(name__in=ours).exists()


def _sync_upstream(stated: Stated, listing: Sequence[Listed] | None) -> Upstream:
    upstream, _ = Upstream.objects.update_or_create(
        name=stated.name,
        defaults={
            "kind": stated.kind,
            "base_url": stated.base_url,
            "credential": stated.credential,
            "is_enabled": True,
        },
    )
    if stated.joins and listing:
        usable = (model for model in listing if model.capabilities)
        import_models(upstream=upstream, chosen=candidates(upstream, usable))
    return upstream


def _forget(names: set[str]) -> None:
    """What the environment does not name any more; its models stay, unserved, for the ledger's readers."""
    for upstream in Upstream.objects.filter(name__in=names, is_enabled=True):
        upstream.is_enabled, upstream.credential = False, ""
        upstream.save(update_fields=["is_enabled", "credential"])


def _default_model() -> PublicModel:
    model, is_new = PublicModel.objects.get_or_create(
        name=settings.DEFAULT_MODEL,
        defaults={
            "description": gettext_noop("The portal's default model."),
            "owned_by": "waymore",
            "position": 0,
        },
    )
    if is_new:
        taken = set(PublicModel.objects.filter(name__in=ALIASES).values_list("name", flat=True))
        for name in ALIASES:
            if name not in taken:
                ModelAlias.objects.create(name=name, model=model, gives_way=True)
    return model


def _serve_default(
    default: PublicModel,
    stated: Sequence[Stated],
    rows: Mapping[str, Upstream],
    listings: Mapping[str, Sequence[Listed] | None],
) -> None:
    """By the first that has a model for it."""
    ours = default.deployments.filter(upstream__name__in=(DISCOVERED, *STATED))
    theirs = default.deployments.exclude(upstream__name__in=(BUILTIN, DISCOVERED, *STATED))
    has_theirs = theirs.filter(is_enabled=True, upstream__is_enabled=True).exists()
    for server in stated:
        if server.joins and has_theirs:
            continue
        name = _model_behind(server, default, listings[server.name])
        if name is not None:
            ours.exclude(upstream=rows[server.name]).update(is_enabled=False)
            _deploy(default, rows[server.name], name, listings[server.name] or ())
            return


def _model_behind(server: Stated, default: PublicModel, listing: Sequence[Listed] | None) -> str | None:
    """The one it had, as long as the server has it. Empty: it is asked for by our name."""
    if server.model:
        return server.model
    had = default.deployments.filter(upstream__name=server.name).values_list("upstream_model", flat=True)
    names = [model.id for model in listing or ()]
    kept = next((name for name in had if not names or name in names), None)
    if kept is not None:
        return kept
    first = first_chat(listing or ())
    wanted = (name for start in _PREFERRED.get(server.name, ()) for name in names if name.startswith(start))
    best = next(wanted, first.id if first else None)
    return best if server.joins else best or ""


def _serve_locally(default: PublicModel, found: Stated, listing: Sequence[Listed]) -> None:
    """Whether an operator switched it off stays as it is."""
    upstream, _ = Upstream.objects.update_or_create(
        name=DISCOVERED, defaults={"kind": found.kind, "base_url": found.base_url}
    )
    name = _model_behind(found, default, listing)
    assert name is not None  # noqa: S101
    _deploy(default, upstream, name, listing)


def _deploy(default: PublicModel, upstream: Upstream, name: str, listing: Sequence[Listed]) -> None:
    known = default.deployments.filter(upstream=upstream, upstream_model=name).exists()
    Deployment.objects.update_or_create(
        model=default, upstream=upstream, defaults={"upstream_model": name, "is_enabled": True}
    )
    if not known:
        _describe(default, name, listing)


def _describe(default: PublicModel, name: str, listing: Sequence[Listed]) -> None:
    """By the model that is behind it now; what an operator says of it afterwards stays."""
    guessed = Listed(name, tuple(capabilities_of(name, {})))
    behind = next((model for model in listing if model.id == name), guessed)
    if Capability.CHAT in behind.capabilities:
        default.capabilities = list(behind.capabilities)
        default.context_window = default.context_window or behind.context_window
        default.save(update_fields=["capabilities", "context_window"])


def _sync_builtin(model: PublicModel) -> None:
    """The built-in model answers only while no real model does: it must never pass for one."""
    upstream, _ = Upstream.objects.get_or_create(name=BUILTIN, defaults={"kind": UpstreamKind.BUILTIN})
    others = model.deployments.filter(is_enabled=True, upstream__is_enabled=True).exclude(upstream=upstream)
    Deployment.objects.update_or_create(
        model=model,
        upstream=upstream,
        defaults={"upstream_model": "builtin", "priority": 1000, "is_enabled": not others.exists()},
    )


def is_builtin_only() -> bool:
    """Whether no real model server is connected."""
    real = Deployment.objects.filter(is_enabled=True, upstream__is_enabled=True, model__is_enabled=True)
    return not real.exclude(upstream__kind=UpstreamKind.BUILTIN).exists()
