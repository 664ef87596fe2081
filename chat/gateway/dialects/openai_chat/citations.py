"""An answer's sources: OpenAI's `annotations`, and the list `citations` that search models send."""

from collections.abc import Iterator
from typing import Any

from chat.gateway import events as ev

Json = dict[str, Any]
NAME = "openai"


class Citations:
    """What a server has told of its sources, each once: some repeat the whole list with every chunk.

    They wait for words to belong to.
    """

    def __init__(self) -> None:
        self._known: set[tuple[str, int | None, int | None]] = set()
        self._waiting: list[ev.Citation] = []

    def hear_delta(self, delta: Json) -> None:
        for raw in _listed(delta.get("annotations")):
            if isinstance(raw, dict) and raw.get("type") == "url_citation":
                self._add(_from_annotation(raw))

    def hear_chunk(self, chunk: Json) -> None:
        """Addresses alone; some servers give their titles in another list."""
        if not chunk.get("citations"):
            return
        results = [found for found in _listed(chunk.get("search_results")) if isinstance(found, dict)]
        titles = {found.get("url"): found.get("title") for found in results}
        for url in _listed(chunk["citations"]):
            if isinstance(url, str):
                self._add(ev.Citation(url, _text(titles.get(url))))

    def take(self) -> Iterator[ev.Citation]:
        yield from self._waiting
        self._waiting = []

    def _add(self, citation: ev.Citation) -> None:
        place = (citation.url or "", citation.start, citation.end)
        if citation.url and place not in self._known:
            self._known.add(place)
            self._waiting.append(citation)


def annotation_of(citation: ev.Citation) -> Json | None:
    """None for a document's: the format knows addresses only."""
    if citation.dialect == NAME:
        return citation.raw
    if not citation.url:
        return None
    told = {
        "url": citation.url,
        "title": citation.title or citation.url,
        "start_index": citation.start or 0,
        "end_index": citation.end or 0,
    }
    return {"type": "url_citation", "url_citation": told}


def _from_annotation(raw: Json) -> ev.Citation:
    # Some servers leave out the level that is named like the type.
    inner = raw.get("url_citation")
    told = inner if isinstance(inner, dict) else raw
    start, end = _index(told.get("start_index")), _index(told.get("end_index"))
    return ev.Citation(
        _text(told.get("url")),
        _text(told.get("title")),
        _text(told.get("content")),
        start=start,
        end=end if start is not None and end is not None and end > start else None,
        raw=raw,
        dialect=NAME,
    )


def _listed(said: Any) -> list[Any]:
    return said if isinstance(said, list) else []


def _text(said: Any) -> str | None:
    return said if isinstance(said, str) and said else None


def _index(said: Any) -> int | None:
    return said if isinstance(said, int) and not isinstance(said, bool) and said >= 0 else None
