from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import User, preferences_of
from chat.access import get_message, get_session, models_for
from chat.catalogue.environment import is_builtin_only
from chat.conversations import services
from chat.models import PublicModel, Session
from chat.models.capabilities import Capability
from chat.pages.turns import page_of_turns
from portal.web.errors import Conflict

# What people choose a model by; that it can chat goes without saying.
_BRIEFLY = {
    Capability.VISION: gettext_lazy("images"),
    Capability.DOCUMENTS: gettext_lazy("PDF"),
    Capability.TOOLS: gettext_lazy("tools"),
    Capability.THINKING: gettext_lazy("thinking"),
}
SUGGESTIONS = (
    gettext_lazy("What can I do with this portal?"),
    gettext_lazy("How do I create an API key?"),
    gettext_lazy("Show me how to stream an answer from the API."),
    gettext_lazy("How do I connect a model server?"),
)


def home(request: HttpRequest) -> HttpResponse:
    return redirect("chat")


@login_required
@never_cache
@require_safe
def chat(request: HttpRequest, public_id: str | None = None) -> HttpResponse:
    user = cast(User, request.user)
    session = get_session(user, public_id) if public_id else None
    models = [model for model in models_for(user) if model.can(Capability.CHAT)]
    context = {
        "session": session,
        "page": page_of_turns(session) if session else None,
        "is_temporary": session is None and "temporary" in request.GET,
        "models": [_choice(model) for model in models],
        "default_model": _model(user, session),
        "no_upstream_banner": is_builtin_only(),
        "connect_docs_url": reverse("docs", args=["connect-a-model-server"]),
        "suggestions": SUGGESTIONS,
        "greeting": _("Hello, %(name)s") % {"name": user.display_name},
    }
    return render(request, "chat/page.html", context)


@login_required
@never_cache
@require_safe
def turns(request: HttpRequest, public_id: str) -> HttpResponse:
    """The end of the branch that is shown, or the turns `before` a message."""
    session = get_session(cast(User, request.user), public_id)
    page = page_of_turns(session, before=request.GET.get("before"))
    return render(request, "chat/_turns.html", {"page": page, "session": session})


@login_required
@require_POST
def branch_off(request: HttpRequest, message: str) -> HttpResponse:
    user = cast(User, request.user)
    try:
        session = services.branch_off(user=user, message=get_message(user, message))
    except Conflict as error:
        return HttpResponse(str(error), status=error.status, content_type="text/plain")
    return redirect("chat-session", session.public_id)


def _choice(model: PublicModel) -> dict[str, Any]:
    """Prices that hold now: per million tokens, per request."""
    prices = model.prices_now
    can = [_BRIEFLY[name] for name in model.capabilities if name in _BRIEFLY]
    return {
        "id": model.name,
        # An operator's words stay as they are.
        "description": _(model.description) if model.description else "",
        "can": can,
        "input_price": prices.input,
        "output_price": prices.output,
        "request_price": prices.request,
        "context": model.context_window,
    }


def _model(user: User, session: Session | None) -> str:
    """A choice that is no longer offered is no choice."""
    chosen = session.model if session else preferences_of(user).default_model
    return chosen if models_for(user).filter(name=chosen).exists() else settings.DEFAULT_MODEL
