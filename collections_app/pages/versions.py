"""`/stuff/{id}/versions`: what an item was, what was changed, and the way back."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import User
from collections_app import services
from collections_app.access import get_item
from collections_app.comparing import compare
from collections_app.models import ItemVersion
from collections_app.versions import changed_fields, pair_of, versions_of
from portal.web.errors import BadParameter

# The content is compared line by line, these as a whole.
_NAMES = {
    "type": gettext_lazy("Type"),
    "title": gettext_lazy("Title"),
    "description": gettext_lazy("Description"),
    "language": gettext_lazy("Programming language"),
    "tags": gettext_lazy("Tags"),
}


@login_required
@never_cache
@require_safe
def versions(request: HttpRequest, public_id: str) -> HttpResponse:
    """`version` is the number of the one that is looked at, `part` asks for a dialog's inside."""
    item = get_item(cast(User, request.user), public_id)
    every = versions_of(item)
    said = request.GET.get("version", "")
    number = int(said) if said.isascii() and said.isdigit() and len(said) < 8 else every[0].number
    version, before = pair_of(item, number)
    context = {
        "item": item,
        "versions": every,
        "version": version,
        "before": before,
        "is_current": version.number == every[0].number,
        "fields": _changes(before, version) if before else [],
        "lines": compare(before.content, version.content) if before else [],
    }
    template = "_versions.html" if "part" in request.GET else "versions.html"
    return render(request, f"collections_app/{template}", context)


@login_required
@require_POST
def restore(request: HttpRequest, public_id: str, number: int) -> HttpResponse:
    user = cast(User, request.user)
    item = get_item(user, public_id)
    try:
        services.restore_version(item=item, number=number, by=user)
    except BadParameter as error:
        messages.error(request, str(error))
    else:
        words = _("“%(title)s” is as it was in version %(number)s.")
        messages.success(request, words % {"title": item.title, "number": number})
    return redirect("item", public_id)


def _changes(before: ItemVersion, after: ItemVersion) -> list[dict[str, Any]]:
    changed = [name for name in changed_fields(before, after) if name in _NAMES]
    return [
        {"name": _NAMES[name], "before": _shown(before, name), "after": _shown(after, name)}
        for name in changed
    ]


def _shown(version: ItemVersion, name: str) -> str:
    if name == "type":
        return str(version.get_type_display())
    value = getattr(version, name)
    return ", ".join(value) if name == "tags" else str(value)
