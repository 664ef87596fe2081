"""How model servers count a request's input tokens (conformance A32)."""

from typing import Any, Protocol

from chat.gateway.errors import UpstreamFailure

Json = dict[str, Any]

# What says how to answer, and nothing of what is asked: the counting endpoint knows none of it.
_OF_THE_ANSWER = frozenset(
    ["max_tokens", "stream", "temperature", "top_p", "top_k", "stop_sequences", "metadata", "service_tier"]
)


class Ask(Protocol):
    async def __call__(self, path: str, body: Json, *, at_root: bool = False) -> Json:
        """`at_root`: below the server's root, not its base URL. Raises `UpstreamFailure`."""


async def by_messages_api(ask: Ask, body: Json) -> int | None:
    """Anthropic's own endpoint; `body` as it would be sent for an answer."""
    asked = {name: value for name, value in body.items() if name not in _OF_THE_ANSWER}
    return int((await ask("/messages/count_tokens", asked))["input_tokens"])


async def by_tokenizer(ask: Ask, body: Json) -> int | None:
    """`/tokenize` of vLLM, which knows messages, or of llama.cpp, which wants them as one text."""
    try:
        asked: Json = {name: body[name] for name in ("model", "messages", "tools") if name in body}
        said = await ask("/tokenize", {**asked, "add_generation_prompt": True}, at_root=True)
        if "count" in said:
            return int(said["count"])
        templated = await ask("/apply-template", asked, at_root=True)
        prompt = {"content": templated["prompt"], "add_special": True}
        return len((await ask("/tokenize", prompt, at_root=True))["tokens"])
    except UpstreamFailure:
        return None
