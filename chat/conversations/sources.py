"""What an answer's sources add to its text: notes, as Markdown has them.

Page, shared chat, paper and export show them in one way; what is stored stays what the model said.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from chat.gateway.collect import Answer
from chat.gateway.events import Citation
from portal.rendering.fences import Fences, closed

# What of a citation is stored, as the model's server told it.
_FIELDS = ("url", "title", "quote", "page", "start", "end")
MOST = 200
_LONGEST = {"url": 2000, "title": 300, "quote": 500}
# Escaped with a backslash, brackets would begin a formula.
_MARKUP = re.compile(r"[\\`*_{}\[\]()<>#|~$^!&+\-]")
_ADDRESS = re.compile(r"https?://[^\s<>\x00-\x1f]+", re.IGNORECASE)

Stored = dict[str, Any]


def stored_citations(answer: Answer) -> list[Stored] | None:
    """For a message's row, which has None where nothing is cited."""
    return _named([_stored(citation) for citation in answer.citations])


def citations_in(told: Any) -> list[Stored] | None:
    """From a file that may say anything."""
    found = []
    for each in told if isinstance(told, list) else []:
        try:
            found.append(_stored(msgspec.convert(each, Citation)))
        except msgspec.ValidationError:
            continue
    return _named(found)


def with_notes(text: str, citations: Sequence[Stored] | None, *, name: str = "source") -> str:
    """The text with a number after the words that a source is for, and the sources below it. `name` begins
    the notes' names."""
    if not citations:
        return text
    text, sources = closed(text), _by_source(citations)
    fences = Fences(text)
    marks = [
        (_place(text, fences, citation), f"[^{name}-{number}]")
        for number, told in enumerate(sources, 1)
        for citation in told
    ]
    notes = [f"[^{name}-{number}]: {_note(told)}" for number, told in enumerate(sources, 1)]
    return "\n\n".join([_marked(text, marks), *notes])


def answer_with_notes(answer: Answer, text: str) -> str:
    """Of one that is not stored yet."""
    return with_notes(text, stored_citations(answer))


def _stored(citation: Citation) -> Stored:
    told = msgspec.structs.asdict(citation)
    return {name: _short(name, told[name]) for name in _FIELDS if told[name] is not None}


def _named(citations: Iterable[Stored]) -> list[Stored] | None:
    return [each for each in citations if each.get("url") or each.get("title")][:MOST] or None


def _short(name: str, value: Any) -> Any:
    return value.replace("\x00", "")[: _LONGEST[name]] if isinstance(value, str) else value


def _by_source(citations: Iterable[Stored]) -> list[list[Stored]]:
    found: dict[Any, list[Stored]] = {}
    for citation in citations:
        source = citation.get("url") or (citation.get("title"), citation.get("page"))
        found.setdefault(source, []).append(citation)
    return list(found.values())


def _place(text: str, fences: Fences, citation: Stored) -> int | None:
    """After the words and before the space that follows them. None for words in a block of code."""
    end = citation.get("end") or len(text)
    place = len(text[: max(0, end)].rstrip())
    return None if fences.has(place) else place


def _marked(text: str, marks: Iterable[tuple[int | None, str]]) -> str:
    """Each place has a source's mark once; those without a place have a line of their own below."""
    pieces, below, done = [], [], 0
    for place, mark in sorted(dict.fromkeys(marks), key=lambda each: each[0] or 0):
        if place is None:
            below.append(mark)
            continue
        pieces += [text[done:place], mark]
        done = place
    marked = "".join([*pieces, text[done:]])
    return "\n\n".join([marked, "".join(below)]) if below else marked


def _note(told: Sequence[Stored]) -> str:
    first = told[0]
    url = first.get("url") or ""
    name = _line(first.get("title") or url)
    if first.get("page"):
        name = _("%(title)s, page %(page)d") % {"title": name, "page": first["page"]}
    quotes = dict.fromkeys(_line(each["quote"]) for each in told if each.get("quote"))
    said = " … ".join(list(quotes)[:3])
    head = f"[{name}](<{url}>)" if _ADDRESS.fullmatch(url) else name
    return f"{head}: “{said}”" if said else head


def _line(text: str) -> str:
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", " ".join(text.split()))
