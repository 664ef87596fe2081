"""Unchanged `langchain-openai` and `langchain-anthropic`, in front of model servers of either kind."""

from collections.abc import Callable
from typing import Any

import anthropic
import openai
import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel

from tests.conformance import says
from tests.conformance.conftest import Upstream
from tests.portal_process import PortalProcess

Make = Callable[..., Upstream]
MODEL = "Waymore-A1-Instruct-1011"
PNG = "iVBORw0KGgo="
KINDS = ["openai", "anthropic"]


@tool
def get_weather(location: str) -> str:
    """Get the current weather for a given location."""
    return f"18 degrees in {location}"


@pytest.fixture(params=["langchain-openai", "langchain-anthropic"])
def connect(
    request: pytest.FixtureRequest, portal: PortalProcess, alice: Any, make_key: Callable[..., str]
) -> Callable[[str], BaseChatModel]:
    key = make_key(alice, "chat", "vision")
    settings: dict[str, Any] = {"api_key": key, "base_url": portal.api, "max_retries": 0}
    kind = ChatOpenAI if request.param == "langchain-openai" else ChatAnthropic
    return lambda model: kind(model=model, max_tokens=200, **settings)


def test_it_works(connect: Callable[[str], BaseChatModel]) -> None:
    answer = connect(MODEL).invoke([SystemMessage("Be kind."), HumanMessage("Repeat after me: Γειά 👋")])
    assert answer.text == "Γειά 👋"
    assert answer.usage_metadata["input_tokens"] > 0
    assert answer.usage_metadata["output_tokens"] > 0


def test_it_streams(connect: Callable[[str], BaseChatModel]) -> None:
    pieces = list(connect(MODEL).stream("Count to 30"))
    whole = pieces[0]
    for piece in pieces[1:]:
        whole += piece
    assert len(pieces) > 10
    assert whole.text.endswith("29 30")


def weather_of(kind: str) -> dict[str, Any]:
    """Two calls at once, as a server of this kind says them whole and streamed."""
    first, second = '{"location":"Athens"}', '{"location":"Berlin"}'
    if kind == "openai":
        calls = [says.tool_call("c1", first, "get_weather"), says.tool_call("c2", second, "get_weather")]
        streamed = (
            says.openai_call(0, '{"location":', "c1", "get_weather"),
            says.openai_call(1, '{"location":', "c2", "get_weather"),
            says.openai_call(0, '"Athens"}'),
            says.openai_call(1, '"Berlin"}'),
        )
        return {
            "answer": says.openai(None, "tool_calls", tool_calls=calls),
            "streamed": says.openai_stream(*streamed, finish="tool_calls"),
        }
    uses = [
        {"type": "tool_use", "id": call_id, "name": "get_weather", "input": {"location": place}}
        for call_id, place in (("c1", "Athens"), ("c2", "Berlin"))
    ]
    blocks = (
        says.anthropic_call(0, "c1", first[:5], first[5:], name="get_weather"),
        says.anthropic_call(1, "c2", second, name="get_weather"),
    )
    return {
        "answer": says.anthropic(*uses, stop="tool_use"),
        "streamed": says.anthropic_stream(*blocks, stop="tool_use"),
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("is_streamed", [False, True])
def test_parallel_tool_calls_go_round(
    connect: Callable[[str], BaseChatModel], upstream: Make, kind: str, is_streamed: bool
) -> None:
    said = weather_of(kind)
    server = upstream(kind, said["answer"])
    model = connect(server.model).bind_tools([get_weather])
    question = HumanMessage("What is the weather in Athens and Berlin?")
    if is_streamed:
        server.script.pieces = said["streamed"]
        answer: Any = AIMessageChunk(content="")
        for piece in model.stream([question]):
            answer += piece
        server.script.pieces = ()
    else:
        answer = model.invoke([question])
    assert [(call["id"], call["name"], call["args"]) for call in answer.tool_calls] == [
        ("c1", "get_weather", {"location": "Athens"}),
        ("c2", "get_weather", {"location": "Berlin"}),
    ]
    assert server.seen["tools"]
    results = [
        ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"]) for call in answer.tool_calls
    ]
    server.script.answer = (
        says.openai("Mild.") if kind == "openai" else says.anthropic({"type": "text", "text": "Mild."})
    )
    assert model.invoke([question, answer, *results]).text == "Mild."
    assert "18 degrees in Athens" in str(server.seen["messages"])
    assert "18 degrees in Berlin" in str(server.seen["messages"])


def said_by(kind: str, text: str) -> dict[str, Any]:
    return says.openai(text) if kind == "openai" else says.anthropic({"type": "text", "text": text})


class Weather(BaseModel):
    """The weather somewhere."""

    location: str
    temperature: int


def test_structured_output(connect: Callable[[str], BaseChatModel]) -> None:
    told = connect(MODEL).with_structured_output(Weather).invoke("What is the weather in Athens?")
    assert isinstance(told, Weather)


@pytest.mark.parametrize("kind", KINDS)
def test_images(connect: Callable[[str], BaseChatModel], upstream: Make, kind: str) -> None:
    server = upstream(kind)
    image = {"type": "image", "base64": PNG, "mime_type": "image/png"}
    connect(server.model).invoke([HumanMessage([{"type": "text", "text": "What is this?"}, image])])
    assert PNG in str(server.seen["messages"][0]["content"])


@pytest.mark.parametrize("kind", KINDS)
def test_usage_is_the_servers(connect: Callable[[str], BaseChatModel], upstream: Make, kind: str) -> None:
    answer = connect(upstream(kind).model).invoke("Hello")
    usage = answer.usage_metadata
    assert (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]) == (11, 7, 18)
    assert usage["input_token_details"]["cache_read"] == 4


def test_errors_are_the_sdks_own(connect: Callable[[str], BaseChatModel]) -> None:
    with pytest.raises((openai.NotFoundError, anthropic.NotFoundError)):
        connect("nobody's").invoke("Hello")
    with pytest.raises((openai.AuthenticationError, anthropic.AuthenticationError)):
        type(connect(MODEL))(  # type: ignore[call-arg]
            model=MODEL, api_key="sk-wrong", base_url=base_url_of(connect(MODEL)), max_retries=0
        ).invoke("Hello")


def base_url_of(model: Any) -> str:
    return str(getattr(model, "openai_api_base", None) or model.anthropic_api_url)


def test_embeddings(portal: PortalProcess, alice: Any, make_key: Callable[..., str]) -> None:
    key = make_key(alice, "embeddings")
    # Without a tokenizer of its own for our models it would send token ids; texts are what we ask for.
    embeddings = OpenAIEmbeddings(
        model=MODEL, api_key=key, base_url=portal.api, check_embedding_ctx_length=False
    )  # type: ignore[call-arg]
    first, second = embeddings.embed_documents(["One text", "another text"])
    assert len(first) == len(second) == 256
