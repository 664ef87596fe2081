"""The catalogue, in each format's own shape."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.dateformat import format as format_date
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.access import get_model, may_ask_for, models_for
from chat.gateway.dialects import anthropic_messages, openai_chat
from chat.gateway.errors import GatewayError, InvalidRequest, ModelNotFound, NotAuthenticated
from chat.models import PublicModel
from portal.web.errors import BadParameter, NotFound
from portal.web.ids import encode

# Anthropic's own.
DEFAULT_LIMIT, MAX_LIMIT = 20, 1000


@dataclass(frozen=True)
class Named:
    """A model under one of the names it may be asked for by."""

    id: str
    model: PublicModel


class ModelView(APIView):
    """Errors in the caller's format: `anthropic-version` says Anthropic (conformance O40, D11)."""

    def handle_exception(self, error: Exception) -> Response:
        response = super().handle_exception(error)
        if not _is_anthropic(self.request) or response.status_code < 400:
            return response
        kinds = {400: InvalidRequest, 401: NotAuthenticated, 404: ModelNotFound}
        kind = kinds.get(response.status_code, GatewayError)
        request_id = encode("req", self.request.portal_id)
        _, response.data = anthropic_messages.encode_error(
            kind(response.data["error"]["message"]), request_id
        )
        return response


class ModelList(ModelView):
    def get(self, request: Request) -> Response:
        names = list(_names(request))
        if _is_anthropic(request):
            return Response(_anthropic_page(names, request))
        return Response({"object": "list", "data": [_openai_model(named) for named in names]})


class ModelDetail(ModelView):
    def get(self, request: Request, name: str) -> Response:
        try:
            named = Named(name, get_model(request.user, name, _allowed(request)))
        except NotFound as missing:
            error = ModelNotFound(str(missing), param=missing.param)
            dialect = anthropic_messages if _is_anthropic(request) else openai_chat
            status, body = dialect.encode_error(error, encode("req", request.portal_id))
            return Response(body, status)
        return Response(_anthropic_model(named) if _is_anthropic(request) else _openai_model(named))


class ChatModelList(APIView):
    """The portal's own list: what a person choosing a model wants to know. Prices that hold now, per million
    tokens, per image and per request."""

    def get(self, request: Request) -> Response:
        models = dict.fromkeys(named.model for named in _names(request))
        return Response({"data": [_portal_model(model) for model in models]})


def _is_anthropic(request: Request) -> bool:
    return "anthropic-version" in request.headers


def _names(request: Request) -> Iterator[Named]:
    """Those that the caller may ask for."""
    for model in models_for(request.user):
        for name in (model.name, *(alias.name for alias in model.aliases.all())):
            if may_ask_for(name, model, _allowed(request)):
                yield Named(name, model)


def _allowed(request: Request) -> Collection[str]:
    """A key may be bound to some models; empty for all."""
    return request.auth.allowed_models if request.auth else ()


def _openai_model(named: Named) -> dict[str, Any]:
    created = int(named.model.created_at.timestamp())
    return {"id": named.id, "object": "model", "created": created, "owned_by": named.model.owned_by}


def _anthropic_model(named: Named) -> dict[str, Any]:
    return {
        "type": "model",
        "id": named.id,
        "display_name": named.id,
        "created_at": format_date(named.model.created_at, "c"),
        "lifecycle": "active",
        "max_input_tokens": named.model.context_window,
        "max_tokens": named.model.max_output_tokens,
    }


def _anthropic_page(names: list[Named], request: Request) -> dict[str, Any]:
    limit = _limit(request.query_params.get("limit"))
    after, before = (request.query_params.get(name) for name in ("after_id", "before_id"))
    if after is not None and before is not None:
        raise BadParameter("Give after_id or before_id, not both.", "before_id")
    if before is not None:
        end = _place(names, before, "before_id")
        page, has_more = names[max(0, end - limit) : end], end > limit
    else:
        start = 0 if after is None else _place(names, after, "after_id") + 1
        page, has_more = names[start : start + limit], len(names) > start + limit
    return {
        "data": [_anthropic_model(named) for named in page],
        "has_more": has_more,
        "first_id": page[0].id if page else None,
        "last_id": page[-1].id if page else None,
    }


def _limit(value: str | None) -> int:
    if value is None:
        return DEFAULT_LIMIT
    if not re.fullmatch(r"[0-9]{1,4}", value) or not 1 <= int(value) <= MAX_LIMIT:
        raise BadParameter(f"limit must be a whole number from 1 to {MAX_LIMIT}.", "limit")
    return int(value)


def _place(names: list[Named], cursor: str, param: str) -> int:
    for place, named in enumerate(names):
        if named.id == cursor:
            return place
    raise BadParameter(f"{param}: there is no model of this name.", param)


def _portal_model(model: PublicModel) -> dict[str, Any]:
    prices = model.prices_now
    return {
        "id": model.name,
        "name": model.name,
        "description": model.description,
        "ownedBy": model.owned_by,
        "isDefault": model.name == settings.DEFAULT_MODEL,
        "aliases": [alias.name for alias in model.aliases.all()],
        "capabilities": model.capabilities,
        "contextWindow": model.context_window,
        "maxOutputTokens": model.max_output_tokens,
        "inputPrice": float(prices.input),
        "outputPrice": float(prices.output),
        "cachedPrice": float(prices.cached),
        "cacheWritePrice": float(prices.cache_write),
        "imagePrice": float(prices.image),
        "requestPrice": float(prices.request),
    }
