"""Citations of a text block. One says where the whole block's words come from."""

from collections.abc import Iterable, Iterator
from typing import Any

from chat.gateway import events as ev

Json = dict[str, Any]
NAME = "anthropic"


class CitedText:
    """Text blocks as they come, for citations that belong to each, which are told at its end."""

    def __init__(self) -> None:
        self._said = self._block_start = 0
        self._told: list[Json] = []

    def begin(self, citations: Any = None) -> None:
        self._block_start = self._said
        self._told = [told for told in citations or () if isinstance(told, dict)]

    def say(self, text: str) -> None:
        self._said += len(text)

    def cite(self, citation: Any) -> None:
        if isinstance(citation, dict):
            self._told.append(citation)

    def end(self) -> Iterator[ev.Citation]:
        for told in self._told:
            yield _read(told, self._block_start, self._said)
        self._told = []


def told(citation: ev.Citation) -> Json | None:
    """None for what the format has no words for."""
    if citation.dialect == NAME:
        return citation.raw
    if not citation.url:
        return None
    return {
        "type": "web_search_result_location",
        "url": citation.url,
        "title": citation.title,
        "cited_text": citation.quote or "",
        "encrypted_index": "",
    }


def of_blocks(texts: Iterable[str], citations: Iterable[ev.Citation]) -> list[list[Json]]:
    """For each text block what is told of its sources; the last block has those whose words are not known."""
    blocks: list[list[Json]] = []
    left = [(citation.start, said) for citation in citations if (said := told(citation))]
    end = 0
    for text in texts:
        end += len(text)
        blocks.append([said for start, said in left if start is not None and start < end])
        left = [(start, said) for start, said in left if start is None or start >= end]
    if blocks:
        blocks[-1] += [said for _, said in left]
    return blocks


def _read(raw: Json, start: int, end: int) -> ev.Citation:
    source = raw.get("source")
    url = raw.get("url") or (source if str(source).startswith(("https://", "http://")) else None)
    return ev.Citation(
        _text(url),
        _text(raw.get("title") or raw.get("document_title") or (None if url else source)),
        _text(raw.get("cited_text")),
        raw.get("start_page_number") if isinstance(raw.get("start_page_number"), int) else None,
        start,
        end,
        raw,
        NAME,
    )


def _text(said: Any) -> str | None:
    return said if isinstance(said, str) and said else None
