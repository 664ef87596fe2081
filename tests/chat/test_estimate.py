"""What is set aside for a call is never less than what it may use (battery L02)."""

from typing import Any

import httpx
import pytest

from tests.usage.test_ledger import ask
from usage.prices import Prices

WORDS = "word " * 4_000


def estimated(wire: str = "openai", **fields: Any) -> Any:
    from chat.completions.application import _with_passage
    from chat.completions.context import Call
    from chat.completions.estimate import estimate
    from chat.gateway.detection import DIALECTS
    from chat.models import PublicModel

    raw = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 10, **fields}
    request = _with_passage(Call("/", {}, [], None), raw, DIALECTS[wire].decode_request(raw))
    return estimate(request, PublicModel(max_output_tokens=8_000), Prices())


def most(wire: str = "openai", **fields: Any) -> int:
    return estimated(wire, **fields).most_tokens


def test_input_and_the_longest_answer() -> None:
    assert 10 < most() < 100
    assert most(max_tokens=1_000) == most() + 990
    assert most(max_tokens=None) == most() + 7_990
    assert most(n=3) == most() + 20


FILE = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0x" * 250_000}


@pytest.mark.parametrize(
    "part",
    [
        {"type": "document", "source": FILE},
        {"type": "image", "source": {**FILE, "media_type": "image/png"}},
        {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "document", "source": FILE}]},
    ],
)
def test_a_large_file_is_not_refused_for_its_base64_l02(part: dict[str, Any]) -> None:
    """How many tokens a model makes of it, only its server knows."""
    call = estimated("anthropic", messages=[{"role": "user", "content": [part]}])
    assert call.least_tokens < 10
    assert call.most_tokens > 1_000


def test_thinking_that_an_anthropic_server_gets_on_top_l02() -> None:
    assert most(reasoning_effort="high") >= most() + 24_000


def test_llama_cpps_own_limit_l02() -> None:
    """It beats the format's (`n_predict`), and below 0 it is none."""
    assert most(n_predict=5_000) >= 5_000
    assert most(n_predict=-1) >= 8_000


@pytest.mark.parametrize(
    "fields",
    [
        {"messages": [{"role": "user", "content": [{"type": "search_result", "content": WORDS}]}]},
        {"messages": [{"role": "assistant", "content": [{"type": "redacted_thinking", "data": WORDS}]}]},
        {"tools": [{"type": "web_search_20250305", "name": "web_search", "note": WORDS}]},
        {"output_config": {"format": {"type": "json_schema", "schema": {"description": WORDS}}}},
    ],
)
def test_parts_that_only_an_anthropic_server_reads_l02(fields: dict[str, Any]) -> None:
    assert most("anthropic", **fields) > 4_000


@pytest.mark.parametrize("limit", [0, -1, 1.5, "9"])
@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/chat/completions", "max_tokens"),
        ("/chat/completions", "max_completion_tokens"),
        ("/chat/completions", "n"),
        ("/v1/messages", "max_tokens"),
    ],
)
def test_a_limit_that_is_none_is_refused_l02(
    api: httpx.Client, alice: Any, path: str, field: str, limit: Any
) -> None:
    from usage.models import UsageRecord

    response = api.post(path, json=ask("Count to 3", **{field: limit}))
    assert response.status_code == 400, response.text
    assert field in response.text
    assert not UsageRecord.objects.filter(user=alice).exists()


def test_more_than_anybody_answers_is_set_aside_all_the_same_l02(
    alice: Any, make_key: Any, api: httpx.Client
) -> None:
    api.headers["authorization"] = f"Bearer {make_key(alice, monthly_limit=10**12)}"
    asked = ask("Count to 3", max_tokens=10**15)
    assert api.post("/chat/completions", json=asked).status_code == 200
