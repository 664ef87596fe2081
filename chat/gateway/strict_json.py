"""JSON from outside → Python values, or a clear refusal (conformance H07, T16)."""

import re
from typing import Any

import msgspec

from chat.gateway.errors import InvalidRequest

# Any escape in a JSON text: a pair of surrogates is a character, one alone is none.
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)
# Possessive: a text of megabytes is read once, and nothing is remembered on the way.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"([ \t\n\r]*+:)?+')
_DISTANT_COLON = re.compile(rb'"[ \t\n\r]+:')


def decode_object(body: bytes, max_depth: int) -> dict[str, Any]:
    """Raises `InvalidRequest` for what is no JSON object, names a key twice or is nested deeper."""
    try:
        value = decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"The request's body is not valid JSON: {error}") from error
    except RecursionError:
        raise _too_deep(max_depth) from None
    if not isinstance(value, dict):
        raise InvalidRequest("The request's body must be a JSON object.")
    if not _names_as_many(body, _count_keys(value, max_depth, max_depth)):
        raise InvalidRequest("The request's body names a key twice in one object.")
    return value


def decode(data: bytes) -> Any:
    try:
        return msgspec.json.decode(data)
    except msgspec.DecodeError:
        repaired = mended(data)
        if repaired is data:
            raise
    return msgspec.json.decode(repaired)


def mended(data: bytes) -> bytes:
    """Lone surrogates, which no text can hold, become U+FFFD."""
    if b"\\ud" not in data and b"\\uD" not in data:
        return data
    return _ESCAPE.sub(lambda match: rb"\ufffd" if match[1] else match[0], data)


def _count_keys(value: Any, depth: int, max_depth: int) -> int:
    if not depth:
        raise _too_deep(max_depth)
    if isinstance(value, dict):
        below: Any = value.values()
        count = len(value)
    else:
        below, count = value, 0
    for item in below:
        if isinstance(item, dict | list):
            count += _count_keys(item, depth - 1, max_depth)
    return count


def _names_as_many(body: bytes, keys: int) -> bool:
    """Whether so many keys are written in it. Where every colon follows its key, a look for them counts
    each key and perhaps more, such as a text that begins with a colon: only then each string is read."""
    if body.count(b'":') == keys and not _DISTANT_COLON.search(body):
        return True
    return sum(1 for match in _STRING.finditer(body) if match[1]) == keys


def _too_deep(max_depth: int) -> InvalidRequest:
    return InvalidRequest(f"The request's body is nested deeper than {max_depth} levels.")
