"""How model servers count tokens: of a request's input (conformance A32), and of what their model said."""

from typing import Any, Protocol

from chat.gateway.errors import UpstreamFailure

Json = dict[str, Any]

# What says how to answer, and nothing of what is asked: the counting endpoint knows none of it.
_OF_THE_ANSWER = frozenset(
    ["max_tokens", "stream", "temperature", "top_p", "top_k", "stop_sequences", "metadata", "service_tier"]
)


# One token, whoever counts.
_SHORTEST = "a"


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


async def said_by_messages_api(ask: Ask, said: str, model: str) -> int | None:
    """Of a message of that text, less what surrounds a message. Put into the answer's own place, models that
    think or take no beginning of an answer would refuse it; and the whole request would be sent again."""

    async def count(text: str) -> int:
        asked = {"model": model, "messages": [{"role": "user", "content": text}]}
        return int((await ask("/messages/count_tokens", asked))["input_tokens"])

    return await count(said) - await count(_SHORTEST) + 1


async def said_by_tokenizer(ask: Ask, said: str, model: str) -> int | None:
    """vLLM reads the `prompt`, llama.cpp the `content`; neither minds the other's name."""
    vllm = {"model": model, "prompt": said, "add_special_tokens": False}
    told = await ask("/tokenize", {**vllm, "content": said, "add_special": False}, at_root=True)
    return int(told["count"]) if "count" in told else len(told["tokens"])
