"""Which format a caller speaks (conformance D01–D13)."""

from typing import Any

import pytest

from chat.gateway.detection import detect, stated
from chat.gateway.errors import InvalidRequest

SHARED = "/api/chat/completions"
HELLO = [{"role": "user", "content": "Hello"}]


def body(**fields: Any) -> dict[str, Any]:
    return {"model": "m", "messages": HELLO, **fields}


def block(kind: str, **fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"type": kind, **fields}]}]}


ANTHROPIC = {
    "D03 system": body(system="Be kind."),
    "D03 system blocks": body(system=[{"type": "text", "text": "Be kind."}]),
    "D04 input_schema": body(tools=[{"name": "t", "input_schema": {}}]),
    "D05 tool_choice any": body(tool_choice={"type": "any"}),
    "D05 tool_choice tool": body(tool_choice={"type": "tool", "name": "t"}),
    "D06 tool_result": body(**block("tool_result", tool_use_id="x")),
    "D06 image source": body(**block("image", source={})),
    "D06 document": body(**block("document", source={})),
    "D07 stop_sequences": body(stop_sequences=["x"]),
    "D07 thinking": body(thinking={"type": "enabled"}),
    "D07 top_k": body(top_k=3, max_tokens=5),
    "D07 metadata": body(metadata={"user_id": "u"}),
}
OPENAI = {
    "D04 function": body(tools=[{"type": "function", "function": {"name": "t"}}]),
    "D05 tool_choice string": body(tool_choice="auto"),
    "D05 tool_choice function": body(tool_choice={"type": "function", "function": {"name": "t"}}),
    "D06 image_url": body(**block("image_url", image_url={"url": "u"})),
    "D06 system role": body(messages=[{"role": "system", "content": "x"}, *HELLO]),
    "D06 tool role": body(messages=[{"role": "tool", "tool_call_id": "x", "content": "y"}]),
    "D07 own field": body(top_k=3, max_tokens=5, seed=1),
    "D08 bare": body(),
    "D08 with limits": body(max_tokens=5, stream=True, temperature=1),
}


@pytest.mark.parametrize("raw", ANTHROPIC.values(), ids=ANTHROPIC)
def test_it_hears_anthropic(raw: dict[str, Any]) -> None:
    assert detect(SHARED, {}, raw).NAME == "anthropic"


@pytest.mark.parametrize("raw", OPENAI.values(), ids=OPENAI)
def test_it_hears_openai(raw: dict[str, Any]) -> None:
    assert detect(SHARED, {}, raw).NAME == "openai"


@pytest.mark.parametrize("path", ["/api/messages", "/api/v1/messages", "/api/v1/messages/"])
def test_the_messages_path_is_anthropic_d01(path: str) -> None:
    assert detect(path, {}, body()).NAME == "anthropic"


def test_the_version_header_is_anthropic_d02() -> None:
    assert detect(SHARED, {"anthropic-version": "2023-06-01"}, body(n=2)).NAME == "anthropic"


def test_the_key_header_says_nothing_d10() -> None:
    assert stated(SHARED, {"x-api-key": "k"}) is None


def test_the_explicit_header_overrides_d13() -> None:
    assert detect(SHARED, {"x-portal-format": "openai"}, ANTHROPIC["D03 system"]).NAME == "openai"


@pytest.mark.parametrize("path", ["/api/messages", "/api/v1/messages/count_tokens"])
def test_but_not_the_address_d13(path: str) -> None:
    assert detect(path, {"x-portal-format": "openai"}, body()).NAME == "anthropic"


def test_it_refuses_evidence_for_both_d09() -> None:
    raw = body(
        tools=[{"name": "t", "input_schema": {}}],
        messages=[{"role": "tool", "tool_call_id": "x", "content": "y"}],
    )
    with pytest.raises(InvalidRequest, match=r"tools\[0\].input_schema.*messages\[0\].role"):
        detect(SHARED, {}, raw)


@pytest.mark.parametrize("value", [None, 3, "x", [1], {"a": 1}])
@pytest.mark.parametrize("field", ["messages", "tools", "tool_choice", "metadata"])
def test_nonsense_is_not_its_business(field: str, value: Any) -> None:
    detect(SHARED, {}, body(**{field: value}))
