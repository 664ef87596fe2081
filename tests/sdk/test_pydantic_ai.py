"""Unchanged `pydantic-ai` agents, in both formats, in front of model servers of either kind."""

import asyncio
import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic_ai import Agent, BinaryContent
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider

from tests import asynchronous
from tests.conformance import says
from tests.conformance.conftest import Upstream
from tests.portal_process import PortalProcess

Make = Callable[..., Upstream]
MODEL = "Waymore-A1-Instruct-1011"
KINDS = ["openai", "anthropic"]
# Its clients live as long as their event loop, and nobody closes them: said once here, not in a later test.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def _leave_nothing_behind() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture(params=KINDS)
def connect(
    request: pytest.FixtureRequest, portal: PortalProcess, alice: Any, make_key: Callable[..., str]
) -> Callable[..., Model]:
    key = make_key(alice, "chat", "vision")

    def make(name: str = MODEL, key: str = key) -> Model:
        if request.param == "openai":
            return OpenAIChatModel(name, provider=OpenAIProvider(base_url=portal.api, api_key=key))
        return AnthropicModel(name, provider=AnthropicProvider(base_url=portal.api, api_key=key))

    return make


def run(agent: Agent[None, Any], question: Any) -> Any:
    """In an event loop of its own: an agent's client belongs to the one it was first used in."""
    return asynchronous.run(agent.run(question))


def test_it_works(connect: Callable[..., Model]) -> None:
    result = run(Agent(connect(), instructions="Be kind."), "Repeat after me: Γειά 👋")
    assert result.output == "Γειά 👋"
    assert result.usage.output_tokens > 0


def test_it_streams(connect: Callable[..., Model]) -> None:
    async def stream() -> list[str]:
        async with Agent(connect()).run_stream("Count to 30") as result:
            return [text async for text in result.stream_text(delta=True, debounce_by=None)]

    pieces = asynchronous.run(stream())
    assert len(pieces) > 10
    assert "".join(pieces).endswith("29 30")


def test_a_tool_is_used(connect: Callable[..., Model]) -> None:
    agent = Agent(connect())
    asked: list[str] = []

    @agent.tool_plain
    def get_weather(location: str) -> dict[str, Any]:
        """Get the current weather for a given location."""
        asked.append(location)
        return {"temperature": 18}

    result = run(agent, "What is the weather in Athens, Greece?")
    assert asked == ["Athens, Greece"]
    assert "temperature 18" in result.output


class Weather(BaseModel):
    location: str
    temperature: int


def test_structured_output(connect: Callable[..., Model]) -> None:
    result = run(Agent(connect(), output_type=Weather), "What is the weather in Athens?")
    assert isinstance(result.output, Weather)


@pytest.mark.parametrize("kind", KINDS)
def test_calls_of_a_server_of_either_kind(connect: Callable[..., Model], upstream: Make, kind: str) -> None:
    """Two at once; then the server speaks."""
    if kind == "openai":
        calls = [says.tool_call(f"c{n}", f'{{"number":{n}}}', "double") for n in (1, 2)]
        server = upstream(kind, says.openai(None, "tool_calls", tool_calls=calls))
    else:
        uses = [{"type": "tool_use", "id": f"c{n}", "name": "double", "input": {"number": n}} for n in (1, 2)]
        server = upstream(kind, says.anthropic(*uses, stop="tool_use"))
    agent = Agent(connect(server.model))
    doubled: list[int] = []

    @agent.tool_plain
    def double(number: int) -> int:
        doubled.append(2 * number)
        last = says.openai("Done.") if kind == "openai" else says.anthropic({"type": "text", "text": "Done."})
        server.script.answer = last
        return 2 * number

    assert run(agent, "Double 1 and 2").output == "Done."
    assert sorted(doubled) == [2, 4]
    assert len(server.script.asked) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_images(connect: Callable[..., Model], upstream: Make, kind: str) -> None:
    server = upstream(kind)
    png = BinaryContent(b"\x89PNG\r\n\x1a\n", media_type="image/png")
    run(Agent(connect(server.model)), ["What is this?", png])
    assert "iVBORw0KGgo=" in str(server.seen["messages"][0]["content"])


@pytest.mark.parametrize(("name", "key", "status"), [("nobody's", None, 404), (MODEL, "sk-wrong", 401)])
def test_errors_carry_their_status(
    connect: Callable[..., Model], name: str, key: str | None, status: int
) -> None:
    model = connect(name, key) if key else connect(name)
    with pytest.raises(ModelHTTPError) as error:
        run(Agent(model), "Hello")
    assert error.value.status_code == status


def test_many_at_once(connect: Callable[..., Model]) -> None:
    async def many() -> list[str]:
        agent = Agent(connect())
        results = await asyncio.gather(*(agent.run(f"Repeat after me: {n}") for n in range(10)))
        return [result.output for result in results]

    assert asynchronous.run(many()) == [str(n) for n in range(10)]
