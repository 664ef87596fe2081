"""*Import models*: what the upstream lists, to choose from."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse

from chat.catalogue.discovery import read_listing
from chat.catalogue.import_models import Candidate, candidates, import_models
from chat.catalogue.servers import Server, ServerFailure, run
from chat.models import PublicModel, Upstream
from chat.models.capabilities import Capability
from chat.models.catalogue import UpstreamKind


def import_page(request: HttpRequest, pk: int, upstreams: Any) -> HttpResponse:
    """`upstreams` is the admin of upstreams. The list is read anew when the choice comes back."""
    upstream = get_object_or_404(Upstream, pk=pk)
    if not upstreams.has_import_permission(request):
        raise PermissionDenied
    try:
        found = _offered(upstream)
    except ServerFailure as failure:
        status = f" (status {failure.status})" if failure.status else ""
        messages.error(request, f"{upstream} does not list its models{status}: {failure}.")
        return redirect("admin:chat_upstream_change", pk)
    if request.method == "POST":
        chosen = _chosen(request, found)
        new = import_models(upstream=upstream, chosen=chosen)
        _log(request, new, upstreams)
        messages.success(request, f"Imported {len(new)} model{'' if len(new) == 1 else 's'}.")
        return redirect("admin:chat_publicmodel_changelist")
    context = {
        **upstreams.admin_site.each_context(request),
        "title": f"Import models from {upstream}",
        "opts": Upstream._meta,
        "upstream": upstream,
        "offers": [_offer(candidate) for candidate in found],
    }
    return TemplateResponse(request, "admin/chat/upstream/import.html", context)


def _offered(upstream: Upstream) -> list[Candidate]:
    if upstream.kind == UpstreamKind.BUILTIN:
        raise ServerFailure("the built-in model is part of the portal")
    return candidates(upstream, run(read_listing(Server.of(upstream))).models)


def _chosen(request: HttpRequest, found: list[Candidate]) -> list[Candidate]:
    if "all" in request.POST:
        return found
    wanted = set(request.POST.getlist("model"))
    return [candidate for candidate in found if candidate.listed.id in wanted]


def _offer(candidate: Candidate) -> dict[str, Any]:
    listed = candidate.listed
    labels = [str(Capability(name).label).partition(":")[0] for name in listed.capabilities]
    return {
        "id": listed.id,
        "name": candidate.name,
        "why_not": candidate.why_not,
        "capabilities": ", ".join(labels) or "nothing the portal serves",
        "context_window": listed.context_window,
    }


def _log(request: HttpRequest, new: list[PublicModel], upstreams: ModelAdmin) -> None:
    for model in new:
        upstreams.log_addition(request, model, [{"added": {}}])
