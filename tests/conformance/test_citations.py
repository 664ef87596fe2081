"""Where an answer's words come from, for callers and upstreams that differ (conformance T17)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance import says
from tests.conformance.conftest import Upstream

Make = Callable[..., Upstream]
Json = dict[str, Any]
URL, TITLE = "https://example.org/rain", "Rain in Rome"
ANNOTATION = {
    "type": "url_citation",
    "url_citation": {"url": URL, "title": TITLE, "start_index": 9, "end_index": 19},
}
ON_THE_WEB = {
    "type": "web_search_result_location",
    "url": URL,
    "title": TITLE,
    "cited_text": "It rained.",
    "encrypted_index": "abc",
}
IN_A_DOCUMENT = {
    "type": "page_location",
    "cited_text": "It rained.",
    "document_index": 0,
    "document_title": "Rain.pdf",
    "start_page_number": 3,
    "end_page_number": 4,
}


def cited(delta: Json) -> Json:
    return {"type": "citations_delta", "citation": delta}


def text(said: str) -> Json:
    return {"type": "text_delta", "text": said}


def annotations(chunks: list[Json]) -> list[Json]:
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    return [said for delta in deltas for said in delta.get("annotations") or ()]


def citations(events: list[Json]) -> list[tuple[int, Json]]:
    """With the block each belongs to, which is open."""
    told, is_open = [], False
    for event in events:
        is_open = event["type"] in ("content_block_start", "content_block_delta")
        if event.get("delta", {}).get("type") == "citations_delta":
            assert is_open
            told.append((event["index"], event["delta"]["citation"]))
    return told


def anthropic_stream() -> tuple[bytes, ...]:
    start = {"type": "text", "text": "", "citations": []}
    return says.anthropic_stream(
        says.anthropic_text(0, "I looked: "),
        says.anthropic_block(1, start, text("It "), cited(ON_THE_WEB), text("rained")),
        says.anthropic_block(2, start, cited(IN_A_DOCUMENT), text(", twice")),
    )


def anthropic_whole() -> Json:
    return says.anthropic(
        {"type": "text", "text": "I looked: ", "citations": None},
        {"type": "text", "text": "It rained", "citations": [ON_THE_WEB]},
        {"type": "text", "text": ", twice", "citations": [IN_A_DOCUMENT]},
    )


TOLD = {"url": URL, "title": TITLE, "start_index": 10, "end_index": 19}


def test_citations_become_annotations_t17(anthropic: Make) -> None:
    """Those of a document have no address, and no words in the other format."""
    whole = anthropic(anthropic_whole()).ask()["choices"][0]["message"]
    assert whole["content"] == "I looked: It rained, twice"
    assert whole["annotations"] == [{"type": "url_citation", "url_citation": TOLD}]
    assert annotations(anthropic(pieces=anthropic_stream()).stream()) == whole["annotations"]


@pytest.mark.parametrize("nested", [True, False])
def test_annotations_become_citations_t17(openai: Make, nested: bool) -> None:
    raw = ANNOTATION if nested else {"type": "url_citation", **ANNOTATION["url_citation"]}
    told = {**ON_THE_WEB, "cited_text": "", "encrypted_index": ""}
    whole = openai(says.openai("I looked: It rained", annotations=[raw])).ask("anthropic")
    assert whole["content"] == [{"type": "text", "text": "I looked: It rained", "citations": [told]}]
    pieces = says.openai_stream(
        says.openai_chunk(content="I looked: It"),
        says.openai_chunk(content=" rained"),
        says.openai_chunk(annotations=[raw]),
        says.openai_chunk(annotations=[raw]),
    )
    assert citations(openai(pieces=pieces).stream("anthropic")) == [(0, told)]


def test_a_list_of_addresses_is_one_of_sources_t17(openai: Make) -> None:
    """As search models send it: from the first chunk on, with every one."""
    sources = {"citations": [URL], "search_results": [{"url": URL, "title": TITLE}]}
    told = {**ON_THE_WEB, "cited_text": "", "encrypted_index": ""}
    whole = openai({**says.openai("It rained [1]"), **sources}).ask("anthropic")
    assert whole["content"][0]["citations"] == [told]
    chunk = {"index": 0, "finish_reason": None}
    pieces = says.openai_stream(
        says.openai_data(choices=[{**chunk, "delta": {"role": "assistant", "content": ""}}], **sources),
        says.openai_data(choices=[{**chunk, "delta": {"content": "It rained [1]"}}], **sources),
    )
    assert citations(openai(pieces=pieces).stream("anthropic")) == [(0, told)]


@pytest.mark.parametrize("odd", [None, "one", 7, [7, None, {"type": "url_citation"}], [{"type": "file"}]])
def test_what_is_no_source_harms_no_answer_t17(openai: Make, odd: Any) -> None:
    server = openai({**says.openai(annotations=odd), "citations": odd})
    [block] = server.ask("anthropic")["content"]
    assert block["text"] == "Hello"
    assert block.get("citations") in (None, [{**ON_THE_WEB, "url": "one", "title": None}])


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_in_its_own_format_a_source_stays_as_it_came_t17(upstream: Make, kind: str) -> None:
    if kind == "openai":
        server = upstream(kind, says.openai("I looked: It rained", annotations=[ANNOTATION]))
        assert server.ask(kind)["choices"][0]["message"]["annotations"] == [ANNOTATION]
    else:
        content = upstream(kind, anthropic_whole()).ask(kind)["content"]
        assert [block.get("citations") for block in content] == [None, [ON_THE_WEB], [IN_A_DOCUMENT]]
