"""The catalogue of a fresh start: the default model, and the server the environment names."""

import logging
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.db import transaction

from chat.catalogue.connections import DIALECTS
from chat.models import Deployment, PublicModel, Upstream
from chat.models.catalogue import UpstreamKind

log = logging.getLogger(__name__)

BUILTIN = "builtin"
ENVIRONMENT = "environment"


def sync_catalogue() -> None:
    """Safe to repeat: what an operator changed in the admin stays as it is."""
    environment = settings.ENVIRONMENT
    name = environment.portal_upstream_model or ""
    base_url = _with_version(environment.portal_upstream_url) if environment.portal_upstream_url else ""
    if base_url and not name:
        name = _first_model(base_url, environment.portal_upstream_key)
    with transaction.atomic():
        model, _ = PublicModel.objects.get_or_create(
            name=settings.DEFAULT_MODEL,
            defaults={"description": "The portal's default model.", "owned_by": "waymore", "position": 0},
        )
        _sync_environment(model, base_url, name)
        _sync_builtin(model)


def _sync_environment(model: PublicModel, base_url: str, name: str) -> None:
    if not base_url:
        Upstream.objects.filter(name=ENVIRONMENT).update(is_enabled=False)
        return
    environment = settings.ENVIRONMENT
    upstream, _ = Upstream.objects.update_or_create(
        name=ENVIRONMENT,
        defaults={
            "kind": environment.portal_upstream_kind,
            "base_url": base_url,
            "credential": environment.portal_upstream_key or "",
            "is_enabled": True,
        },
    )
    Deployment.objects.update_or_create(
        model=model, upstream=upstream, defaults={"upstream_model": name, "is_enabled": True}
    )


def _sync_builtin(model: PublicModel) -> None:
    """The built-in model answers only while no real model does: it must never pass for one."""
    upstream, _ = Upstream.objects.get_or_create(name=BUILTIN, defaults={"kind": UpstreamKind.BUILTIN})
    others = model.deployments.filter(is_enabled=True, upstream__is_enabled=True).exclude(upstream=upstream)
    Deployment.objects.update_or_create(
        model=model,
        upstream=upstream,
        defaults={"upstream_model": "builtin", "priority": 1000, "is_enabled": not others.exists()},
    )


def _with_version(url: str) -> str:
    """`http://host:port` means its `/v1`, as every OpenAI-compatible server has it."""
    url = url.rstrip("/")
    return url if urlsplit(url).path else f"{url}/v1"


def _first_model(base_url: str, key: str | None) -> str:
    """The server's own first model. Empty when it does not say: then it is asked for by our name."""
    dialect = DIALECTS[settings.ENVIRONMENT.portal_upstream_kind]
    try:
        headers = dialect.upstream_headers(key or "")
        response = httpx.get(f"{base_url}/models", headers=headers, timeout=5).raise_for_status()
        return str(response.json()["data"][0]["id"])
    except (httpx.HTTPError, ValueError, LookupError, TypeError):
        log.warning("PORTAL_UPSTREAM_URL: the server does not list its models; set PORTAL_UPSTREAM_MODEL.")
        return ""


def is_builtin_only() -> bool:
    """Whether no real model server is connected."""
    real = Deployment.objects.filter(is_enabled=True, upstream__is_enabled=True, model__is_enabled=True)
    return not real.exclude(upstream__kind=UpstreamKind.BUILTIN).exists()
