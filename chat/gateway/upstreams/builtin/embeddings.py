"""The built-in model's embeddings: each word and each pair of neighbours adds to one place of the vector.

Texts that share words are near each other, whatever the words mean: enough to try search out, and said so
in the documentation. Same text, same vector, on every machine.
"""

import base64
import hashlib
import math
from array import array
from collections.abc import Iterator
from itertools import pairwise

from chat.gateway.upstreams.builtin import tokens

DIMENSIONS = 256
MAX_DIMENSIONS = 4096


def embed(text: str | list[int], dimensions: int = DIMENSIONS) -> list[float]:
    """Of length 1. A text without any words is the first unit vector."""
    vector = [0.0] * dimensions
    for feature in _features(text):
        digest = hashlib.blake2b(feature.encode(), digest_size=9).digest()
        vector[int.from_bytes(digest[:8]) % dimensions] += 1 if digest[8] & 1 else -1
    length = math.sqrt(sum(value * value for value in vector))
    if not length:
        return [1.0, *vector[1:]]
    return [value / length for value in vector]


def encoded(vector: list[float]) -> str:
    """Little-endian float32 in base64, as `encoding_format: base64` has it."""
    numbers = array("f", vector)
    if numbers.itemsize != 4 or array("H", [1]).tobytes() != b"\x01\x00":
        numbers.byteswap()
    return base64.b64encode(numbers.tobytes()).decode()


def count(text: str | list[int]) -> int:
    return tokens.count(text) if isinstance(text, str) else len(text)


def _features(text: str | list[int]) -> Iterator[str]:
    words = (
        [piece.strip().casefold() for piece in tokens.split(text) if piece.strip()]
        if isinstance(text, str)
        else [str(token) for token in text]
    )
    yield from words
    yield from (f"{first} {second}" for first, second in pairwise(words))
