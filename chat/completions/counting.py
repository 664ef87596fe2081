"""How many input tokens a request would have (conformance A32). No model answers, so no row is opened."""

import msgspec

from chat.completions.admission import find_model_for
from chat.completions.context import Asked, Reply, headers_of
from chat.completions.settlement import estimated_input

ESTIMATE = "x-portal-estimate"


async def count(asked: Asked) -> Reply:
    _, route = await find_model_for(asked.caller, asked.request.model)
    counted = await route.count_tokens(asked.request)
    tokens = estimated_input(asked.request) if counted is None else counted
    headers = headers_of(asked.call, asked.dialect) | ({ESTIMATE: "true"} if counted is None else {})
    return Reply(200, headers, msgspec.json.encode({"input_tokens": tokens}))
