"""`/keys`: every step is a page or a form of its own, so that it works without JavaScript too."""

from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apikeys import services
from apikeys.access import get_key, keys_of
from apikeys.models import ApiKey
from apikeys.pages.cards import cards
from apikeys.pages.forms import KeyForm, RegenerateForm
from apikeys.pages.snippets import snippets

form_page = require_http_methods(["GET", "HEAD", "POST"])


@login_required
@never_cache
@form_page
def keys(request: HttpRequest) -> HttpResponse:
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = form.done(partial(services.create_key, user=request.user))
        if made is not None:
            key, secret = made
            return _page(request, KeyForm(), shown=_shown(key, secret))
    return _page(request, form)


@login_required
@never_cache
@form_page
def edit(request: HttpRequest, public_id: str) -> HttpResponse:
    key = get_key(request.user, public_id)
    form = KeyForm(request.POST or None, key=key)
    if request.method == "POST" and form.is_valid() and form.done(partial(services.edit_key, key=key)):
        messages.success(request, _("“%(name)s” is changed.") % {"name": key.name})
        return redirect("keys")
    return render(request, "apikeys/edit.html", {"key": get_key(request.user, public_id), "form": form})


@login_required
@never_cache
@form_page
def regenerate(request: HttpRequest, public_id: str) -> HttpResponse:
    key = get_key(request.user, public_id)
    form = RegenerateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        grace = timedelta(seconds=int(form.cleaned_data["grace"] or 0))
        secret = services.regenerate_key(key=key, grace=grace)
        return _page(request, KeyForm(), shown=_shown(key, secret))
    return render(request, "apikeys/regenerate.html", {"key": key, "form": form})


@login_required
@never_cache
@form_page
def revoke(request: HttpRequest, public_id: str) -> HttpResponse:
    key = get_key(request.user, public_id)
    if request.method == "POST":
        services.revoke_key(key=key)
        messages.success(request, _("“%(name)s” is deleted.") % {"name": key.name})
        return redirect("keys")
    return render(request, "apikeys/revoke.html", {"key": key})


@login_required
@require_POST
def switch(request: HttpRequest, public_id: str, is_enabled: bool) -> HttpResponse:
    services.edit_key(key=get_key(request.user, public_id), is_enabled=is_enabled)
    return redirect("keys")


def _shown(key: ApiKey, secret: str) -> dict[str, Any]:
    """A new secret, this once."""
    base_url = settings.BASE_URL + "/api"
    examples = snippets(base_url=base_url, secret=secret, model=settings.DEFAULT_MODEL)
    return {"key": key, "secret": secret, "snippets": examples}


def _page(request: HttpRequest, form: KeyForm, shown: dict[str, Any] | None = None) -> HttpResponse:
    context = {
        "base_url": settings.BASE_URL + "/api",
        "cards": cards(list(keys_of(request.user)), timezone.now()),
        "form": form,
        "shown": shown,
    }
    return render(request, "apikeys/page.html", context)
