"""What the built-in model says."""

import re
from itertools import islice

import msgspec

from chat.gateway.errors import InvalidRequest
from chat.gateway.request import Document, Image, Request, Text, ToolCall, ToolResult
from chat.gateway.upstreams.builtin.json_schema import Words, instance
from chat.gateway.upstreams.builtin.knowledge import search
from chat.gateway.upstreams.builtin.tool_use import last_results, last_user_text

_REPEAT = re.compile(r"^\s*repeat after me:\s*(.+)$", re.IGNORECASE | re.DOTALL)
_COUNT = re.compile(r"\bcount (?:up )?to (\d{1,4})\b", re.IGNORECASE)
_GREETING = re.compile(r"^\W*(hi|hello|hey|good (morning|evening|day))\b[\w\s]{0,20}\W*$", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?\n]{3,300}[.!?]")

_ABOUT = (
    "I am the portal's **built-in model**: a small program without a neural network. I answer questions "
    "about this portal, call the tools you give me and read text you attach."
)
_CONNECT = (
    "For real conversations, connect a model server: start the portal with `PORTAL_UPSTREAM_URL` set to any "
    "OpenAI-compatible address, or add one in the admin."
)
_KNOWN = {
    "machine learning": (
        "Machine learning is a branch of artificial intelligence in which a program learns patterns from "
        "examples instead of following rules somebody wrote down. It is shown data, adjusts its inner "
        "numbers until its predictions fit, and then applies what it has learned to data it has not seen."
    ),
    "poem": (
        "In lines of code at break of day\nthe small lamps of the cursor play;\na loop returns, a test turns "
        "green,\nand meaning grows where none had been."
    ),
}


def answer(request: Request) -> str:
    wanted = _structured(request)
    if wanted is not None:
        return wanted
    results = last_results(request)
    if results:
        return _from_results(request, results)
    said = last_user_text(request)
    return _from_attachments(request) or _from_words(said)


def _from_words(said: str) -> str:
    if repeat := _REPEAT.match(said):
        return repeat[1].strip()
    if count := _COUNT.search(said):
        return " ".join(str(number) for number in range(1, min(int(count[1]), 1000) + 1))
    if not said.strip() or _GREETING.match(said):
        return f"Hello! {_ABOUT} What would you like to know?"
    for words, text in _KNOWN.items():
        if words in said.lower():
            return text
    section = search(said)
    if section is not None:
        source = "*From the portal's documentation, by its built-in model.*"
        return f"**{section.title}**\n\n{section.text}\n\n{source}"
    topic = " ".join(said.split())[:120]
    return f"I cannot say anything useful about “{topic}”. {_ABOUT}\n\n{_CONNECT}"


def _structured(request: Request) -> str | None:
    """JSON is asked for: the smallest value that fits."""
    wanted = request.output_format
    if wanted is None:
        return None
    schema = wanted.schema or {"type": "object", "properties": {}}
    return msgspec.json.encode(instance(schema, Words(last_user_text(request)))).decode()


def _from_results(request: Request, results: list[ToolResult]) -> str:
    calls = {
        part.id: part for message in request.messages for part in message.parts if isinstance(part, ToolCall)
    }
    return "\n\n".join(_from_result(result, calls.get(result.call_id)) for result in results)


def _from_result(result: ToolResult, call: ToolCall | None) -> str:
    text = "\n".join(part.text for part in result.content if isinstance(part, Text))
    name = f"`{call.name}`" if call else "The tool"
    about = _about(call.arguments) if call else ""
    if result.is_error:
        return f"{name} failed{about}: {text}"
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        value = None
    if isinstance(value, dict):
        text = ", ".join(f"{key.replace('_', ' ')} {_plain(item)}" for key, item in value.items()) + "."
    return f"{name} says{about}: {text or 'nothing.'}"


def _about(arguments: str) -> str:
    try:
        values = msgspec.json.decode(arguments)
    except msgspec.DecodeError:
        return ""
    named = (
        [str(value) for value in values.values() if isinstance(value, str)]
        if isinstance(values, dict)
        else []
    )
    return f" for {', '.join(named)}" if named else ""


def _plain(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _from_attachments(request: Request) -> str:
    parts = request.messages[-1].parts if request.messages else ()
    texts = [_summary(part) for part in parts if isinstance(part, Document)]
    if any(isinstance(part, Image) for part in parts):
        texts.append("You attached an image. I have no eyes: connect a vision model to have it described.")
    return "\n\n".join(texts)


def _summary(document: Document) -> str:
    text = _readable(document)
    name = document.name or "The document"
    if text is None:
        return f"**{name}** is not plain text, so I cannot read it."
    first = " ".join(match[0].strip() for match in islice(_SENTENCE.finditer(text), 3)) or text[:300]
    words, lines = len(text.split()), len(text.splitlines())
    return f"**{name}** has {words:,} words in {lines:,} lines. It begins:\n\n> {first}"


def _readable(document: Document) -> str | None:
    try:
        return document.plain_text()
    except InvalidRequest:
        return None
