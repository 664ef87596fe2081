from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import User, preferences_of
from chat.access import get_session, models_for
from chat.catalogue.environment import is_builtin_only
from chat.conversations.services import generation_id
from chat.models import Message, Session
from chat.models.capabilities import Capability
from chat.models.conversation import MessageStatus
from chat.rendering.markdown import render as render_markdown

SUGGESTIONS = (
    "What can I do with this portal?",
    "How do I create an API key?",
    "Show me how to stream an answer from the API.",
    "How do I connect a model server?",
)


def home(request: HttpRequest) -> HttpResponse:
    return redirect("chat")


@login_required
@never_cache
@require_safe
def chat(request: HttpRequest, public_id: str | None = None) -> HttpResponse:
    user = cast(User, request.user)
    session = get_session(user, public_id) if public_id else None
    messages = list(session.messages.all()) if session else []
    context = {
        "session": session,
        "turns": [_turn(message) for message in messages if _is_shown(message)],
        "models": [
            {"id": model.name, "name": model.name, "description": model.description}
            for model in models_for(user)
            if model.can(Capability.CHAT)
        ],
        "default_model": _model(user, session),
        "no_upstream_banner": is_builtin_only(),
        "connect_docs_url": reverse("docs", args=["connect-a-model-server"]),
        "suggestions": SUGGESTIONS,
        "greeting": f"Hello, {user.display_name}",
        "active_generation": _active(messages),
    }
    return render(request, "chat/page.html", context)


def _model(user: User, session: Session | None) -> str:
    """A choice that is no longer offered is no choice."""
    chosen = session.model if session else preferences_of(user).default_model
    return chosen if models_for(user).filter(name=chosen).exists() else settings.DEFAULT_MODEL


def _is_shown(message: Message) -> bool:
    """What a program's tools answered has no words for people."""
    return bool(message.text) or message.role == "assistant"


def _turn(message: Message) -> dict[str, Any]:
    return {
        "id": message.public_id,
        "role": message.role,
        "html": render_markdown(message.text) if message.role == "assistant" else "",
        "text": message.text,
        "model": message.model,
        "status": message.status,
        "error": message.error,
        "input_tokens": message.input_tokens,
        "output_tokens": message.output_tokens,
    }


def _active(messages: list[Message]) -> dict[str, str] | None:
    writing = next((message for message in messages if message.status == MessageStatus.STREAMING), None)
    return {"id": generation_id(writing), "answer": writing.public_id} if writing else None
