"""OpenAI Chat Completions, callers' side (conformance O), in front of both kinds of upstream."""

import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import openai as sdk
import pytest

from tests.conformance import says
from tests.conformance.conftest import HELLO, Upstream
from tests.conformance.scripted import CREDENTIAL
from tests.gateway.test_sse import parse
from tests.portal_process import PortalProcess

Make = Callable[..., Upstream]
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
TOOL = {"type": "function", "function": {"name": "f", "description": "F", "parameters": SCHEMA}}
PNG = "data:image/png;base64,iVBORw0KGgo="


@pytest.fixture(params=["openai", "anthropic"])
def either(request: pytest.FixtureRequest, upstream: Make) -> Upstream:
    return upstream(request.param)


# Request


def test_every_role_and_shape_of_content_o01(openai: Make) -> None:
    server = openai()
    messages = [
        {"role": "system", "content": "S"},
        {"role": "developer", "content": [{"type": "text", "text": "D"}]},
        {"role": "user", "content": [{"type": "text", "text": "U"}]},
        {"role": "assistant", "content": None, "tool_calls": [says.tool_call("c1")]},
        {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "R"}]},
    ]
    server.ask(messages=messages)
    assert server.seen["messages"] == messages


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_a_call_without_content_o01a(upstream: Make, kind: str) -> None:
    server = upstream(kind)
    call = {"role": "assistant", "tool_calls": [says.tool_call("c1")]}
    server.ask(messages=[*HELLO, call, {"role": "tool", "tool_call_id": "c1", "content": "R"}])
    if kind == "openai":
        assert server.seen["messages"][1]["content"] is None


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_the_newer_limit_wins_o02(upstream: Make, kind: str) -> None:
    server = upstream(kind)
    server.ask(max_tokens=5, max_completion_tokens=7)
    limits = {
        name: server.seen[name] for name in ("max_tokens", "max_completion_tokens") if name in server.seen
    }
    assert set(limits.values()) == {7}
    server.ask(max_tokens=5)
    assert server.seen["max_tokens"] == 5


OWN_FIELDS = {
    "temperature": 0.5, "top_p": 0.9, "stop": ["X", "Y"], "n": 2, "seed": 7, "presence_penalty": 0.1,
    "frequency_penalty": 0.2, "logit_bias": {"5": 1}, "logprobs": True, "top_logprobs": 2, "user": "u",
    "response_format": {"type": "json_object"}, "reasoning_effort": "low", "service_tier": "auto",
    "metadata": {"a": "b"}, "store": True, "prediction": {"type": "content", "content": "x"},
    "modalities": ["text"],
}  # fmt: skip


def test_an_openai_upstream_gets_every_field_o03(openai: Make) -> None:
    server = openai()
    server.ask(**OWN_FIELDS)
    assert {name: server.seen[name] for name in OWN_FIELDS} == OWN_FIELDS


@pytest.mark.parametrize("stop", ["X", ["X", "Y", "Z", "W"]])
def test_stop_is_translated_o03(anthropic: Make, stop: Any) -> None:
    server = anthropic()
    server.ask(temperature=0.5, top_p=0.9, stop=stop)
    assert server.seen["stop_sequences"] == ([stop] if isinstance(stop, str) else stop)
    assert (server.seen["temperature"], server.seen["top_p"]) == (0.5, 0.9)


@pytest.mark.parametrize(("name", "value"), [("n", 2), ("logprobs", True), ("logit_bias", {"5": 1})])
def test_what_would_change_the_answer_is_refused_o03(
    anthropic: Make, alice: Any, name: str, value: Any
) -> None:
    """And leaves no trace: it never was admitted."""
    from usage.models import UsageRecord

    server = anthropic()
    response = server.post(**{name: value})
    assert response.status_code == 400
    assert response.json()["error"]["param"] == name
    assert not server.script.asked
    assert not UsageRecord.objects.filter(user=alice).exists()


def test_what_would_not_is_ignored_o03(anthropic: Make) -> None:
    server = anthropic()
    server.ask(user="u", metadata={"a": "b"}, store=True, n=1, logprobs=False, seed=7)
    assert not {"user", "metadata", "store", "n", "logprobs", "seed"} & server.seen.keys()


@pytest.mark.parametrize(
    "choice", ["none", "auto", "required", {"type": "function", "function": {"name": "f"}}]
)
def test_tools_o04(openai: Make, choice: Any) -> None:
    server = openai()
    strict = {**TOOL, "function": {**TOOL["function"], "strict": True}}
    fields = {"tools": [strict], "tool_choice": choice, "parallel_tool_calls": False}
    server.ask(**fields)
    assert {name: server.seen[name] for name in fields} == fields


LEGACY = {"functions": [TOOL["function"]], "function_call": {"name": "f"}}
LEGACY_TURNS = [
    *HELLO,
    {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": '{"a":"b"}'}},
    {"role": "function", "name": "f", "content": "R"},
]


def test_legacy_functions_go_on_as_they_are_o04(openai: Make) -> None:
    server = openai(says.openai(None, "function_call", function_call={"name": "f", "arguments": "{}"}))
    answer = server.ask(**LEGACY, messages=LEGACY_TURNS)
    assert server.seen["functions"] == LEGACY["functions"]
    assert server.seen["messages"] == LEGACY_TURNS
    assert answer["choices"][0]["message"]["function_call"] == {"name": "f", "arguments": "{}"}
    assert answer["choices"][0]["finish_reason"] == "function_call"


def test_legacy_functions_are_translated_o04(anthropic: Make) -> None:
    use = {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": "b"}}
    server = anthropic(says.anthropic(use, stop="tool_use"))
    choice = server.ask(**LEGACY, messages=LEGACY_TURNS)["choices"][0]
    assert server.seen["tools"] == [{"name": "f", "description": "F", "input_schema": SCHEMA}]
    assert server.seen["tool_choice"] == {"type": "tool", "name": "f", "disable_parallel_tool_use": True}
    sent, result = server.seen["messages"][1:]
    assert result["content"][0]["tool_use_id"] == sent["content"][0]["id"]
    assert choice["message"]["function_call"] == {"name": "f", "arguments": '{"a":"b"}'}
    assert (choice["finish_reason"], "tool_calls" in choice["message"]) == ("function_call", False)


def test_legacy_functions_are_streamed_o04(anthropic: Make) -> None:
    server = anthropic(
        pieces=says.anthropic_stream(says.anthropic_call(0, "toolu_1", '{"a":', '"b"}'), stop="tool_use")
    )
    deltas = [chunk["choices"][0] for chunk in server.stream(**LEGACY)]
    calls = [delta["delta"]["function_call"] for delta in deltas if "function_call" in delta["delta"]]
    assert calls[0]["name"] == "f"
    assert "".join(call["arguments"] for call in calls) == '{"a":"b"}'
    assert deltas[-1]["finish_reason"] == "function_call"


@pytest.mark.parametrize("url", [PNG, "https://example.org/i.png"])
def test_images_o05(openai: Make, url: str) -> None:
    server = openai()
    parts = [{"type": "image_url", "image_url": {"url": url, "detail": "low"}}, {"type": "text", "text": "?"}]
    server.ask(messages=[{"role": "user", "content": parts}])
    assert server.seen["messages"][0]["content"] == parts


def test_images_need_the_permission_o05(openai: Make, portal: PortalProcess, secret: str) -> None:
    server = openai()
    content = [{"type": "image_url", "image_url": {"url": PNG}}]
    body = {"model": server.model, "messages": [{"role": "user", "content": content}]}
    response = httpx.post(f"{portal.api}/chat/completions", json=body, headers={"x-api-key": secret})
    assert (response.status_code, response.json()["error"]["type"]) == (403, "permission_error")
    assert not server.script.asked


def test_files_o06(openai: Make, anthropic: Make) -> None:
    file = {
        "type": "file",
        "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
    }
    same, other = openai(), anthropic()
    for server in (same, other):
        server.ask(messages=[{"role": "user", "content": [file, {"type": "text", "text": "?"}]}])
    assert same.seen["messages"][0]["content"][0] == file
    source = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}
    assert other.seen["messages"][0]["content"][0] == {"type": "document", "source": source, "title": "a.pdf"}


def test_unknown_fields_reach_an_openai_upstream_o07(openai: Make) -> None:
    server = openai()
    fields = {"top_k": 5, "min_p": 0.1, "guided_json": SCHEMA, "chat_template_kwargs": {"thinking": False}}
    server.ask(**fields)
    assert {name: server.seen[name] for name in fields} == fields


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_portal_fields_are_consumed_o08(upstream: Make, wire: str) -> None:
    for kind in ("openai", "anthropic"):
        server = upstream(kind)
        server.ask(wire, session_id=None, attachments=[])
        assert not {"session_id", "attachments"} & server.seen.keys()


def test_the_upstream_gets_its_own_name_and_credential_o09(either: Upstream) -> None:
    either.ask()
    assert either.seen["model"] == f"theirs-{either.model}"
    headers = either.script.asked_headers[-1]
    assert CREDENTIAL in (headers.get("x-api-key"), headers.get("authorization", "").removeprefix("Bearer "))
    assert either.client.headers["x-api-key"] not in json.dumps(headers)


# Response


def test_the_answer_o10(either: Upstream) -> None:
    before = int(time.time())
    answer = either.ask()
    assert answer["id"].startswith("chatcmpl-")
    assert answer["id"] != "chatcmpl-theirs"
    assert (answer["object"], answer["model"]) == ("chat.completion", either.model)
    assert answer["created"] in (1_700_000_000, *range(before, before + 30))
    (choice,) = answer["choices"]
    assert (choice["index"], choice["finish_reason"], choice["logprobs"]) == (0, "stop", None)
    assert choice["message"]["role"] == "assistant"
    assert choice["message"]["content"] == "Hello"
    usage = answer["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (11, 7, 18)
    assert usage["prompt_tokens_details"]["cached_tokens"] == 4
    assert "reasoning_tokens" in usage["completion_tokens_details"]


@pytest.mark.parametrize("finish", ["stop", "length", "content_filter"])
def test_finish_reasons_o11(openai: Make, finish: str) -> None:
    assert openai(says.openai(finish=finish)).ask()["choices"][0]["finish_reason"] == finish


@pytest.mark.parametrize("stream", [False, True])
def test_a_call_is_a_call_whatever_the_upstream_says_o11(openai: Make, stream: bool) -> None:
    if stream:
        server = openai(pieces=says.openai_stream(says.openai_call(0, "{}", "c1"), finish="stop"))
        assert server.stream()[-1]["choices"][0]["finish_reason"] == "tool_calls"
    else:
        server = openai(says.openai(None, "stop", tool_calls=[says.tool_call("c1")]))
        assert server.ask()["choices"][0]["finish_reason"] == "tool_calls"


IDS = ["functions.get_weather:0", "toolu_01AbC", "call_x-Y_z"]


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_calls_keep_order_and_ids_o12(upstream: Make, kind: str) -> None:
    """Ids of any shape, on the way out and back in."""
    if kind == "openai":
        server = upstream(
            kind, says.openai(None, "tool_calls", tool_calls=[says.tool_call(i, '{"a":"1"}') for i in IDS])
        )
    else:
        uses = [{"type": "tool_use", "id": i, "name": "f", "input": {"a": "1"}} for i in IDS]
        server = upstream(kind, says.anthropic(*uses, stop="tool_use"))
    message = server.ask()["choices"][0]["message"]
    assert [call["id"] for call in message["tool_calls"]] == IDS
    assert [json.loads(call["function"]["arguments"]) for call in message["tool_calls"]] == [{"a": "1"}] * 3
    assert {call["type"] for call in message["tool_calls"]} == {"function"}
    results = [{"role": "tool", "tool_call_id": i, "content": "R"} for i in IDS]
    server.ask(messages=[*HELLO, message, *results])
    if kind == "openai":
        assert [result["tool_call_id"] for result in server.seen["messages"][2:]] == IDS


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_reasoning_is_kept_o13(openai: Make, name: str) -> None:
    assert openai(says.openai(**{name: "Hm"})).ask()["choices"][0]["message"][name] == "Hm"
    server = openai(
        pieces=says.openai_stream(says.openai_chunk(**{name: "Hm"}), says.openai_chunk(content="A"))
    )
    assert any(chunk["choices"][0]["delta"].get(name) == "Hm" for chunk in server.stream())


def test_further_fields_pass_through_o14(openai: Make) -> None:
    said = says.openai(refusal="No.", annotations=[{"type": "url_citation"}])
    said |= {"system_fingerprint": "fp", "service_tier": "default"}
    answer = openai(said).ask()
    assert (answer["system_fingerprint"], answer["service_tier"]) == ("fp", "default")
    message = answer["choices"][0]["message"]
    assert (message["refusal"], message["annotations"]) == ("No.", [{"type": "url_citation"}])


# Stream


def spoken(kind: str, *texts: str) -> dict[str, Any]:
    """The same words from either kind of upstream."""
    if kind == "openai":
        return {"pieces": says.openai_stream(*[says.openai_chunk(content=text) for text in texts])}
    return {"pieces": says.anthropic_stream(says.anthropic_text(0, *texts))}


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_the_stream_o20(upstream: Make, kind: str) -> None:
    server = upstream(kind, **spoken(kind, "Hel", "lo"))
    response = server.post(stream=True)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["x-accel-buffering"] == "no"
    assert response.text.endswith("data: [DONE]\n\n")
    assert all(event.startswith("data: ") for event in response.text.strip().split("\n\n"))
    chunks = [json.loads(event.data) for event in parse(response.content)[:-1]]
    assert len({(chunk["id"], chunk["created"], chunk["model"]) for chunk in chunks}) == 1
    assert chunks[0]["id"].startswith("chatcmpl-")
    assert chunks[0]["model"] == server.model
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_first_and_last_chunk_o21(upstream: Make, kind: str) -> None:
    server = upstream(kind, **spoken(kind, "Grüße ", "👩‍🚀", "!"))
    choices = [chunk["choices"][0] for chunk in server.stream()]
    assert choices[0]["delta"]["role"] == "assistant"
    assert (choices[-1]["finish_reason"], choices[-1]["delta"]) == ("stop", {})
    assert [choice["finish_reason"] for choice in choices[:-1]] == [None] * (len(choices) - 1)
    assert "".join(choice["delta"].get("content") or "" for choice in choices) == "Grüße 👩‍🚀!"


def test_a_role_and_a_finish_that_came_with_content_o21(openai: Make) -> None:
    server = openai(
        pieces=[says.openai_chunk(content="Hel"), says.openai_chunk("stop", content="lo"), says.DONE]
    )
    choices = [chunk["choices"][0] for chunk in server.stream()]
    assert choices[0]["delta"]["role"] == "assistant"
    assert (choices[-1]["finish_reason"], choices[-1]["delta"]) == ("stop", {})
    assert "".join(choice["delta"].get("content") or "" for choice in choices) == "Hello"


def calls_in(chunks: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Streamed calls put together as an SDK does; fails when id or name come twice."""
    calls: dict[int, dict[str, Any]] = {}
    for chunk in chunks:
        for piece in chunk["choices"][0]["delta"].get("tool_calls") or ():
            function = piece.get("function", {})
            if piece["index"] not in calls:
                assert piece["type"] == "function"
                calls[piece["index"]] = {"id": piece["id"], "name": function["name"], "arguments": ""}
            else:
                assert not piece.get("id")
                assert not function.get("name")
            calls[piece["index"]]["arguments"] += function.get("arguments") or ""
    return calls


WANTED = {
    0: {"id": "c1", "name": "f", "arguments": '{"a":"1"}'},
    1: {"id": "c2", "name": "g", "arguments": '{"a":"2"}'},
}


def test_streamed_parallel_calls_o22(openai: Make, anthropic: Make) -> None:
    """Interleaved on the one side, blocks on the other: each keeps its index."""
    interleaved = says.openai_stream(
        says.openai_call(0, '{"a":', "c1"),
        says.openai_call(1, '{"a":', "c2", name="g"),
        says.openai_call(0, '"1"}'),
        says.openai_call(1, '"2"}'),
        finish="tool_calls",
    )
    blocks = says.anthropic_stream(
        says.anthropic_call(0, "c1", '{"a":', '"1"}'),
        says.anthropic_call(1, "c2", '{"a":"2"}', name="g"),
        stop="tool_use",
    )
    assert calls_in(openai(pieces=interleaved).stream()) == WANTED
    assert calls_in(anthropic(pieces=blocks).stream()) == WANTED


def test_arguments_sent_whole_at_the_end_o23(openai: Make) -> None:
    """litellm#25321: they must not become `{}`."""
    server = openai(
        pieces=says.openai_stream(
            says.openai_call(0, "", "c1"), says.openai_call(0, '{"a":"1"}'), finish="tool_calls"
        )
    )
    assert calls_in(server.stream())[0]["arguments"] == '{"a":"1"}'
    once = openai(pieces=says.openai_stream(says.openai_call(0, '{"a":"1"}', "c1"), finish="tool_calls"))
    uses = [event for event in once.stream("anthropic") if event["type"] == "content_block_delta"]
    assert "".join(use["delta"]["partial_json"] for use in uses) == '{"a":"1"}'


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_usage_only_when_asked_for_o24(upstream: Make, kind: str, alice: Any) -> None:
    from usage.models import UsageRecord

    server = upstream(kind, **spoken(kind, "Hello"))
    assert '"usage"' not in server.post(stream=True).text
    row = UsageRecord.objects.get(user=alice)
    assert (row.input_tokens, row.output_tokens, row.tokens_source) == (11, 7, "upstream")
    chunks = server.stream(stream_options={"include_usage": True})
    counted = [chunk for chunk in chunks if chunk.get("usage")]
    assert counted == [chunks[-1]]
    assert chunks[-1]["choices"] == []
    assert (chunks[-1]["usage"]["prompt_tokens"], chunks[-1]["usage"]["completion_tokens"]) == (11, 7)


@pytest.mark.parametrize("stream", [False, True])
def test_several_choices_keep_their_index_o25(openai: Make, stream: bool) -> None:
    if not stream:
        said = says.openai()
        said["choices"] = [{**said["choices"][0], "index": index} for index in (0, 1)]
        choices = openai(said).ask(n=2)["choices"]
        assert [choice["index"] for choice in choices] == [0, 1]
        return
    pieces = [says.openai_chunk(index=index, role="assistant", content=f"{index}") for index in (0, 1)]
    pieces += [says.openai_chunk("stop", index=1), says.openai_chunk("length", index=0), says.DONE]
    said: dict[int, str] = {}
    finishes = {}
    for chunk in openai(pieces=pieces).stream(n=2):
        for choice in chunk["choices"]:
            said[choice["index"]] = said.get(choice["index"], "") + (choice["delta"].get("content") or "")
            finishes[choice["index"]] = choice["finish_reason"] or finishes.get(choice["index"])
    assert said == {0: "0", 1: "1"}
    assert finishes == {0: "length", 1: "stop"}


def test_a_broken_stream_never_says_done_o26(openai: Make, portal: PortalProcess) -> None:
    server = openai(pieces=[says.openai_chunk(role="assistant", content="Hel")])
    response = server.post(stream=True)
    assert "[DONE]" not in response.text
    assert json.loads(parse(response.content)[-1].data)["error"]["type"] == "upstream_error"
    key = server.client.headers["x-api-key"]
    with (
        sdk.OpenAI(base_url=portal.api, api_key=key, max_retries=0) as client,
        pytest.raises(sdk.APIError),
    ):
        list(client.chat.completions.create(model=server.model, messages=HELLO, stream=True))  # type: ignore[call-overload]
    failing = openai({"error": {"message": "x"}}, status=500)
    assert failing.post(stream=True).status_code == 502


@pytest.mark.parametrize(("wire", "ping"), [("openai", ": ping"), ("anthropic", "event: ping")])
def test_silence_is_filled_o27(patient_portal: PortalProcess, openai: Make, wire: str, ping: str) -> None:
    """In front of a model that thinks for two seconds; the real interval is 15."""
    server = openai(pieces=says.openai_stream(says.openai_chunk(content="A")), pause=1.2)
    body = {"model": server.model, "max_tokens": 9, "messages": HELLO, "stream": True}
    path = "/chat/completions" if wire == "openai" else "/messages"
    headers = {"x-api-key": server.client.headers["x-api-key"]}
    text = httpx.post(patient_portal.api + path, json=body, headers=headers, timeout=20).text
    assert ping in text
    with sdk.OpenAI(base_url=patient_portal.api, api_key=headers["x-api-key"]) as client:
        chunks = client.chat.completions.create(model=server.model, messages=HELLO, stream=True)  # type: ignore[call-overload]
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "A"


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_the_first_token_is_not_held_back_o28(upstream: Make, kind: str) -> None:
    server = upstream(kind, **spoken(kind, "first", "later"), pause=0.4)
    body = {"model": server.model, "messages": HELLO, "stream": True}
    begun = time.monotonic()
    with server.client.stream("POST", "/chat/completions", json=body) as response:
        lines = response.iter_lines()
        while "first" not in next(lines):
            pass
        first = time.monotonic() - begun
        list(lines)
    assert first < time.monotonic() - begun - 0.3


# Errors


def test_the_envelope_o30(caller: httpx.Client, openai: Make) -> None:
    refused = caller.post("/chat/completions", json={"model": "nobody's", "messages": HELLO})
    assert refused.status_code == 404
    assert refused.json()["error"].keys() == {"message", "type", "param", "code"}
    assert refused.json()["error"]["code"] == "model_not_found"
    for status, wanted, code in (
        (500, 502, "upstream_error"),
        (503, 503, "overloaded"),
        (408, 504, "timeout"),
    ):
        response = openai({"error": {"message": "x"}}, status=status).post()
        assert (response.status_code, response.json()["error"]["code"]) == (wanted, code)


def test_the_sdk_raises_its_class_o31(portal: PortalProcess, caller: httpx.Client, openai: Make) -> None:
    key = caller.headers["x-api-key"]

    def ask(model: str, key: str = key, **fields: Any) -> None:
        with sdk.OpenAI(base_url=portal.api, api_key=key, max_retries=0) as client:
            client.chat.completions.create(model=model, messages=HELLO, **fields)  # type: ignore[call-overload]

    model = openai().model
    with pytest.raises(sdk.AuthenticationError):
        ask(model, "sk-wrong")
    with pytest.raises(sdk.NotFoundError):
        ask("nobody's")
    with pytest.raises(sdk.BadRequestError):
        ask(model, temperature="hot")
    with pytest.raises(sdk.InternalServerError):
        ask(openai({"error": {"message": "x"}}, status=500).model)


def test_param_names_the_path_o33(caller: httpx.Client, openai: Make) -> None:
    messages = [*HELLO, *HELLO, {"role": "user", "content": 7}]
    error = openai().post(messages=messages).json()["error"]
    assert error["param"] == "messages[2].content"


# Models


def test_models_o40(caller: httpx.Client, openai: Make) -> None:
    from chat.models import PublicModel

    server = openai()
    name = f"org/{server.model}"
    PublicModel.objects.filter(name=server.model).update(name=name)
    listed = caller.get("/models").json()
    assert listed["object"] == "list"
    (entry,) = [model for model in listed["data"] if model["id"] == name]
    assert entry.keys() >= {"id", "object", "created", "owned_by"}
    assert caller.get(f"/models/{name}").json() == entry
    headers = {"anthropic-version": "2023-06-01"}
    theirs = caller.get("/models", headers=headers).json()
    assert theirs.keys() == {"data", "has_more", "first_id", "last_id"}
    assert {model["type"] for model in theirs["data"]} == {"model"}
    assert all(model["display_name"] and model["created_at"] for model in theirs["data"])


AUDIO = {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}
CUSTOM = {"type": "custom", "custom": {"name": "run", "description": "Runs code"}}
ALLOWED = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"type": "custom"}]}}
OF_ITS_OWN_SERVERS = [
    {"messages": [{"role": "user", "content": [AUDIO, {"type": "text", "text": "?"}]}]},
    {"tools": [TOOL, CUSTOM]},
    {"tools": [TOOL], "tool_choice": ALLOWED},
]


@pytest.mark.parametrize("fields", OF_ITS_OWN_SERVERS)
def test_what_only_its_own_servers_know_reaches_them_o07(
    openai: Make, anthropic: Make, fields: dict[str, Any]
) -> None:
    """And is refused by name elsewhere."""
    server = openai()
    server.ask(**fields)
    assert {name: server.seen[name] for name in fields} == fields
    refusal = anthropic().refused(**fields)
    assert any(word in refusal for word in ("input_audio", "custom", "tool_choice"))
