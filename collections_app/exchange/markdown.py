"""A collection as one Markdown text that people read and programs read back.

Each item is a heading, its description as a quotation, and its content between two comments. The one that
ends it has a number that makes it unlike anything in the content, so that content is never taken for form.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from collections_app.exchange.definition import FORMAT, VERSION

_PUNCTUATION = r"!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~"
# What would be markup in a heading.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~$&!])")
_ESCAPED = re.compile(rf"\\([{_PUNCTUATION}])")
_BLANKS = r"(?:[ \t\r]*\n)*+"
_QUOTE = r"(?P<about>(?:>[^\n]*\n)*+)"
_HEAD = re.compile(
    rf"<!-- {FORMAT} (?P<data>{{[^\n]*}}) -->[ \t\r]*\n{_BLANKS}# (?P<title>[^\n]*)(?:\n{_BLANKS}{_QUOTE}|\Z)"
)
_ITEM = re.compile(
    rf"^## (?P<title>[^\n]*)\n{_BLANKS}{_QUOTE}{_BLANKS}<!-- item (?P<data>{{[^\n]*}}) -->\r?\n", re.MULTILINE
)
_FENCED = re.compile(r"(?P<fence>`{3,})(?P<language>[^`\r\n]*)\r?\n(?P<code>.*?)\r?\n?(?P=fence)", re.DOTALL)
_FENCES = re.compile("`{3,}")
_LANGUAGE = re.compile(r"[\w+#.-]+")


def beginning(about: Mapping[str, Any]) -> str:
    data = {"version": VERSION, "color": about["color"], "icon": about["icon"]}
    parts = [
        f"<!-- {FORMAT} {_comment(data)} -->",
        f"# {_title(about['name'])}",
        _quote(about["description"]),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def section(item: Mapping[str, Any]) -> str:
    """Of an item as `collections_app.exchange.definition.entry` tells it."""
    content = _content(item["type"], item["content"], item["language"])
    end = next(number for number in range(len(content) + 1) if _end(number) not in content)
    names = ("type", "language", "tags", "favorite")
    data = {name: item[name] for name in names if item[name]} | ({"end": end} if end else {})
    parts = [
        f"\n## {_title(item['title'])}",
        _quote(item["description"]),
        f"<!-- item {_comment(data)} -->",
        content,
        _end(end),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


@dataclass(frozen=True)
class Section:
    """As it was read: nothing of it is believed yet. `data` is None of lines that are no item."""

    title: str
    description: str
    data: dict[str, Any] | None
    content: str


def recognises(text: str) -> bool:
    return text.startswith(f"<!-- {FORMAT} ")


def read(text: str) -> Iterator[Section]:
    """First the collection itself, whose `content` is empty. Raises `ValueError` when that cannot be read."""
    head = _HEAD.match(text)
    if head is None:
        raise ValueError
    yield Section(_untitle(head["title"]), _unquote(head["about"] or ""), _data(head["data"]), "")
    at = head.end()
    while found := _ITEM.search(text, at):
        yield from _left_out(text[at : found.start()])
        try:
            data = _data(found["data"])
        except ValueError:
            at = found.end()
            yield Section(_untitle(found["title"]), "", None, "")
            continue
        end = data.pop("end", 0)
        mark = _end(end if isinstance(end, int) else 0)
        stop = text.find(mark, found.end())
        if stop < 0:
            yield Section(_untitle(found["title"]), "", None, "")
            return
        content = _uncontent(data, _between(text[found.end() : stop]))
        yield Section(_untitle(found["title"]), _unquote(found["about"]), data, content)
        at = stop + len(mark)
    yield from _left_out(text[at:])


def _left_out(text: str) -> Iterator[Section]:
    if text.strip():
        first = text.strip().split("\n", 1)[0]
        yield Section(_untitle(first.lstrip("# ")), "", None, "")


def _end(number: int) -> str:
    return f"<!-- /item {number} -->" if number else "<!-- /item -->"


def _comment(data: Mapping[str, Any]) -> str:
    """JSON that ends no comment."""
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e")


def _data(text: str) -> dict[str, Any]:
    try:
        return dict(json.loads(text))
    except RecursionError:
        raise ValueError from None


def _title(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)


def _untitle(text: str) -> str:
    return _ESCAPED.sub(r"\1", text.strip())


def _quote(text: str | None) -> str:
    return "\n".join(f"> {line}" for line in (text or "").split("\n")) if text else ""


def _unquote(text: str) -> str:
    lines = text.removesuffix("\n").split("\n")
    return "\n".join(line.removeprefix(">").removeprefix(" ") for line in lines).strip()


def _content(kind: str, content: str, language: str | None) -> str:
    if kind == "CODE":
        longest = max(map(len, _FENCES.findall(content)), default=2)
        fence = "`" * (longest + 1)
        named = language if language and _LANGUAGE.fullmatch(language) else ""
        return f"{fence}{named}\n{content}\n{fence}"
    is_address = kind in ("LINK", "IMAGE", "FILE") and re.fullmatch(r"[^\s<>]+", content)
    return f"<{content}>" if is_address else content


def _uncontent(data: dict[str, Any], content: str) -> str:
    kind = data.get("type")
    if kind == "CODE" and (found := _FENCED.fullmatch(content)):
        data.setdefault("language", found["language"].strip())
        return found["code"]
    if kind in ("LINK", "IMAGE", "FILE") and (found := re.fullmatch(r"<([^\s<>]+)>", content)):
        return found[1]
    return content


def _between(text: str) -> str:
    """Without the empty line before and after, however an editor ended lines."""
    for line in ("\n", "\r\n"):
        if text.startswith(line):
            text = text.removeprefix(line)
            break
    for lines in ("\r\n\r\n", "\n\n", "\r\n", "\n"):
        if text.endswith(lines):
            return text.removesuffix(lines)
    return text
