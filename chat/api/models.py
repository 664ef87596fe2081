"""The catalogue, in each format's own shape."""

from typing import Any

from django.utils.dateformat import format as format_date
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.access import models_for
from chat.gateway.dialects import anthropic_messages, openai_chat
from chat.gateway.errors import GatewayError, ModelNotFound, NotAuthenticated
from chat.models import PublicModel
from portal.web.ids import encode


class ModelView(APIView):
    """Errors in the caller's format: `anthropic-version` says Anthropic (conformance O40, D11)."""

    def handle_exception(self, error: Exception) -> Response:
        response = super().handle_exception(error)
        if not _is_anthropic(self.request) or response.status_code < 400:
            return response
        kind = {401: NotAuthenticated, 404: ModelNotFound}.get(response.status_code, GatewayError)
        request_id = encode("req", self.request.portal_id)
        _, response.data = anthropic_messages.encode_error(
            kind(response.data["error"]["message"]), request_id
        )
        return response


class ModelList(ModelView):
    def get(self, request: Request) -> Response:
        models = list(models_for(request.user))
        if _is_anthropic(request):
            return Response(_anthropic_list(models))
        return Response({"object": "list", "data": [_openai_model(model) for model in models]})


class ModelDetail(ModelView):
    def get(self, request: Request, name: str) -> Response:
        model = models_for(request.user).filter(name=name).first() if "\x00" not in name else None
        if model is None:
            error = ModelNotFound(f"The model `{name}` does not exist or you may not use it.", param="model")
            dialect = anthropic_messages if _is_anthropic(request) else openai_chat
            status, body = dialect.encode_error(error, encode("req", request.portal_id))
            return Response(body, status)
        return Response(_anthropic_model(model) if _is_anthropic(request) else _openai_model(model))


class ChatModelList(APIView):
    """The portal's own list: what a person choosing a model wants to know. Prices per million tokens."""

    def get(self, request: Request) -> Response:
        return Response({"data": [_portal_model(model) for model in models_for(request.user)]})


def _is_anthropic(request: Request) -> bool:
    return "anthropic-version" in request.headers


def _openai_model(model: PublicModel) -> dict[str, Any]:
    created = int(model.created_at.timestamp())
    return {"id": model.name, "object": "model", "created": created, "owned_by": model.owned_by}


def _anthropic_model(model: PublicModel) -> dict[str, Any]:
    created = format_date(model.created_at, "c")
    return {"type": "model", "id": model.name, "display_name": model.name, "created_at": created}


def _anthropic_list(models: list[PublicModel]) -> dict[str, Any]:
    data = [_anthropic_model(model) for model in models]
    ends = (
        {"first_id": data[0]["id"], "last_id": data[-1]["id"]}
        if data
        else {"first_id": None, "last_id": None}
    )
    return {"data": data, "has_more": False, **ends}


def _portal_model(model: PublicModel) -> dict[str, Any]:
    return {
        "id": model.name,
        "name": model.name,
        "description": model.description,
        "ownedBy": model.owned_by,
        "inputPrice": float(model.input_price),
        "outputPrice": float(model.output_price),
    }
