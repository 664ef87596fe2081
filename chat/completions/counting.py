"""How many input tokens a request would have (conformance A32). No model answers, so no row is opened."""

import msgspec

from chat.catalogue.lookup import find_model
from chat.completions import admission, files
from chat.completions.asked import Asked
from chat.completions.context import Reply, headers_of
from chat.completions.uncounted import estimated_input

ESTIMATE = "x-portal-estimate"


async def count(asked: Asked) -> Reply:
    model, route = await find_model(asked.request.model, asked.caller.user_id)
    admission.require_model(asked.caller, asked.request.model, model)
    attached = await files.named(asked)
    asked, _ = await files.with_files(asked, model, files.of_question(asked, attached))
    counted = await route.count_tokens(asked.request)
    tokens = estimated_input(asked.request) if counted is None else counted
    headers = headers_of(asked.call, asked.dialect) | ({ESTIMATE: "true"} if counted is None else {})
    return Reply(200, headers, msgspec.json.encode({"input_tokens": tokens}))
