"""May this call be made? Authenticate, permit, parse, find the model, keep the limits, open the row."""

from dataclasses import replace
from typing import Any

from django.conf import settings

from apikeys.allowances import limits_of_person
from apikeys.door import admitted
from apikeys.limits import limits_of
from chat.access import may_ask_for
from chat.catalogue.lookup import model_not_found
from chat.completions.context import Call, Caller
from chat.completions.estimate import estimate
from chat.completions.metering import Meter
from chat.completions.settlement import Settler
from chat.gateway import strict_json
from chat.gateway.errors import NotAuthenticated, PermissionDenied, RateLimited, UnsupportedEncoding
from chat.gateway.limits import Limits
from chat.gateway.request import AnyPart, Image, Request, ToolResult
from chat.models import PublicModel
from portal.web.errors import InvalidKey, NotAllowed, TooManyRequests
from usage import ledger

LIMITS = Limits(**settings.REQUEST_LIMITS)


async def authenticate(call: Call) -> Caller:
    """With all limits that hold for this call: its key's and its owner's."""
    caller = call.caller or await _holder_of_key(call)
    return replace(caller, limits=(*caller.limits, *await limits_of_person(caller.user_id, call.arrived)))


async def _holder_of_key(call: Call) -> Caller:
    try:
        holder = await admitted(call.raw_headers, call.address)
    except TooManyRequests as error:
        raise RateLimited(str(error), headers=error.headers) from None
    except InvalidKey as error:
        raise NotAuthenticated(str(error)) from None
    except NotAllowed as error:
        raise PermissionDenied(str(error)) from None
    return Caller(holder.user_id, holder.key_id, holder.permissions, holder.allowed_models, limits_of(holder))


def require_readable(call: Call) -> None:
    """A compressed body could hold more than its size tells: none is taken (conformance H05)."""
    encoding = call.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise UnsupportedEncoding("Compressed request bodies are not accepted: leave out content-encoding.")


def parse(body: bytes) -> dict[str, Any]:
    return strict_json.decode_object(body, LIMITS.depth)


def require(caller: Caller, permission: str) -> None:
    if caller.permissions is not None and permission not in caller.permissions:
        raise PermissionDenied(f"This API key lacks the permission `{permission}`.")


def require_model(caller: Caller, asked_for: str, model: PublicModel) -> None:
    """For a key that may not use it, a model is as unknown as one that is not there."""
    if not may_ask_for(asked_for, model, caller.allowed_models):
        raise model_not_found(asked_for)


def require_for_content(caller: Caller, request: Request) -> None:
    if any(_has_image(part) for message in request.messages for part in message.parts):
        require(caller, "vision")


def _has_image(part: AnyPart) -> bool:
    match part:
        case Image():
            return True
        case ToolResult():
            return any(isinstance(inner, Image) for inner in part.content)
        case _:
            return False


async def admit(
    call: Call, caller: Caller, request: Request, model: PublicModel, dialect: str, meter: Meter
) -> Settler:
    """From here on the request is admitted: its limits and its row know of it, and it must be settled."""
    prices = model.price_list.at(call.arrived)
    await meter.reserve(lambda: estimate(request, model, prices))
    row = ledger.Admission(
        request_id=call.id,
        user_id=caller.user_id,
        key_id=caller.key_id,
        model=model.name,
        format=dialect,
        is_stream=request.stream,
        address=call.address,
        prices=prices,
        started_at=call.arrived,
        reserved_tokens=meter.tokens,
        reserved_cost=meter.cost,
    )
    settler = Settler(row, call.started, meter)
    try:
        await ledger.admit(row)
    except ledger.AWAY as error:
        settler.abandon_soon(error)
        raise
    except BaseException as error:
        await settler.abandon(error)
        raise
    return settler
