"""Diagrams are drawn in a process of their own, whatever a model wrote (W05)."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

HOSTILE = {
    "none at all": "",
    "too long": "graph TD\n" + "A --> B\n" * 5000,
    "no diagram": "<svg onload=alert(1)>",
    "very many nodes": "graph TD\n" + "\n".join(f"a{n} --> b{n % 97}" for n in range(1100)),
    "very deep": "mindmap\n" + "\n".join(" " * n + "x" for n in range(180)),
    "NUL": "graph TD\n A[\x00] --> B",
}


@pytest.fixture
def draw(sign_in: Callable[[Any], httpx.Client], alice: Any) -> Callable[[str], httpx.Response]:
    browser = sign_in(alice)
    return lambda source: browser.post("/chat/diagrams", data={"source": source}, timeout=30)


def test_it_works(draw: Callable[[str], httpx.Response]) -> None:
    svg = draw("sequenceDiagram\n  Alice->>Bob: Hello").json()["svg"]
    assert svg.startswith("<svg")
    assert "Hello" in svg


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_it_ends_whatever_is_asked_for_w05(draw: Callable[[str], httpx.Response], source: str) -> None:
    answer = draw(source)
    assert answer.status_code == 200
    assert set(answer.json()) in ({"svg"}, {"error"})
