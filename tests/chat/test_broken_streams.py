"""What a model said before its stream broke is told, also when both came in one read."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.conformance import says
from tests.conformance.scripted import Script

PATHS = {"openai": "/chat/completions", "anthropic": "/messages"}
GOOD = {
    "openai": says.openai_chunk(content="Hello world"),
    "anthropic": b"".join(says.anthropic_stream(says.anthropic_text(0, "Hello world"))[:3]),
}


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize("wire", PATHS)
def test_it_is_told_first_f04(
    api: httpx.Client, make_upstream: Any, make_model: Callable[..., Any], server: Any, wire: str, kind: str
) -> None:
    model = make_model(upstream=make_upstream(kind=kind))
    server.scripts[f"theirs-{model.name}"] = Script(pieces=[GOOD[kind] + b"data: 5\n\n"])
    body = {"model": model.name, "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    answer = api.post(PATHS[wire], json={**body, "stream": True})
    assert answer.status_code == 200
    assert 0 < answer.text.index("Hello world") < answer.text.index('"error"')
