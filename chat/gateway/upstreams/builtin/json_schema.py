"""A small value that a JSON Schema accepts, filled from a person's words where they fit."""

import math
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

Json = Any
# A schema may refer to itself, and ask for more than anybody can hold: then what fits is all there is.
_MAX_DEPTH = 12
_MAX_VALUES = 1_000
_MAX_LENGTH = 10_000
_MAX_CHOICES = 100
_MAX_SAID = 1_000
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_PHRASE = re.compile(r"[A-Z][\w'-]*(?:,? [A-Z][\w'-]*)*")
_QUOTED = re.compile(r"[\"“']([^\"”']{1,200})[\"”']")


class Words:
    """What a person said, handed out once each: names, quotes and numbers in their order."""

    def __init__(self, text: str) -> None:
        self.text = text = text[:_MAX_SAID]
        first_word = re.match(r"\s*\S+", text)
        after_first = text[first_word.end() :] if first_word else ""
        self._phrases: Iterator[str] = iter([*_QUOTED.findall(text), *_PHRASE.findall(after_first)])
        self._numbers: Iterator[str] = iter(_NUMBER.findall(text))

    def phrase(self) -> str | None:
        return next(self._phrases, None)

    def number(self) -> float | None:
        found = next(self._numbers, None)
        return float(found) if found is not None else None


def instance(schema: Json, words: Words) -> Json:
    """An empty object for what is no schema."""
    try:
        return _Builder(schema, words).build(schema, 0)
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError):
        return {}


class _Builder:
    def __init__(self, root: Json, words: Words) -> None:
        self._root = root
        self._words = words
        self._left = _MAX_VALUES

    def build(self, schema: Json, depth: int) -> Json:
        schema = self._resolved(schema, depth)
        self._left -= 1
        if depth > _MAX_DEPTH or self._left < 0 or not isinstance(schema, dict):
            return None
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return self._chosen(schema["enum"])
        builders = {
            "object": self._object,
            "array": self._array,
            "integer": self._number,
            "number": self._number,
            "boolean": lambda *_: True,
            "null": lambda *_: None,
        }
        return builders.get(_type(schema), self._string)(schema, depth)

    def _resolved(self, schema: Json, depth: int) -> Json:
        """Follows `$ref` and takes the first of the alternatives; `allOf` is merged."""
        for _ in range(_MAX_DEPTH):
            if not isinstance(schema, dict):
                return schema
            if isinstance(schema.get("$ref"), str):
                schema = self._referred(schema["$ref"])
            elif alternatives := schema.get("anyOf") or schema.get("oneOf"):
                schema = next((item for item in alternatives if item != {"type": "null"}), {})
            elif schema.get("allOf"):
                schema = _merged(schema)
            else:
                return schema
        return {}

    def _referred(self, path: str) -> Json:
        target = self._root
        for step in path.removeprefix("#").strip("/").split("/"):
            target = target.get(step, {}) if isinstance(target, dict) and step else target
        return target

    def _chosen(self, choices: list[Json]) -> Json:
        said = self._words.text.lower()
        texts = (item for item in choices[:_MAX_CHOICES] if isinstance(item, str))
        return next((item for item in texts if item.lower() in said), choices[0])

    def _object(self, schema: dict[str, Json], depth: int) -> Json:
        properties = schema.get("properties") or {}
        required = dict.fromkeys((schema.get("required") or ())[:_MAX_VALUES])
        known = list(islice(properties, max(0, self._left)))
        self._left -= len(known)
        wanted = [name for name in known if name in required or self._is_mentioned(properties[name])]
        built = {name: self.build(properties[name], depth + 1) for name in wanted}
        return built | {name: "" for name in required if name not in properties}

    def _is_mentioned(self, schema: Json) -> bool:
        choices = (schema.get("enum") if isinstance(schema, dict) else None) or []
        said = self._words.text.lower()
        return any(isinstance(choice, str) and choice.lower() in said for choice in choices[:_MAX_CHOICES])

    def _array(self, schema: dict[str, Json], depth: int) -> Json:
        count = min(max(1, int(schema.get("minItems") or 0)), max(0, self._left))
        prefix = schema.get("prefixItems") or []
        items = schema.get("items", {"type": "string"})
        return [self.build(prefix[n] if n < len(prefix) else items, depth + 1) for n in range(count)]

    def _number(self, schema: dict[str, Json], depth: int) -> Json:
        low, high = _bounds(schema)
        value = self._words.number()
        value = low if value is None or not low <= value <= high else value
        step = schema.get("multipleOf") or (1 if _type(schema) == "integer" else None)
        if step:
            value = -(-value // step) * step
        return int(value) if _type(schema) == "integer" or value == int(value) else value

    def _string(self, schema: dict[str, Json], depth: int) -> Json:
        if "default" in schema:
            return schema["default"]
        formats = {"date": "2025-01-01", "date-time": "2025-01-01T00:00:00Z", "email": "someone@example.org"}
        text = (
            formats.get(schema.get("format", ""))
            or self._words.phrase()
            or self._words.text.strip()
            or "text"
        )
        text = text.ljust(min(int(schema.get("minLength") or 0), _MAX_LENGTH), ".")
        limit = schema.get("maxLength")
        return text[: int(limit)] if limit is not None else text[:200]


def _type(schema: dict[str, Json]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((item for item in kind if item != "null"), "null")
    return kind or ("object" if "properties" in schema else "string")


def _merged(schema: dict[str, Json]) -> dict[str, Json]:
    merged = {name: value for name, value in schema.items() if name != "allOf"}
    for part in schema["allOf"]:
        properties = {**merged.get("properties", {}), **part.get("properties", {})}
        required = [*merged.get("required", ()), *part.get("required", ())]
        merged |= part
        if properties:
            merged |= {"properties": properties, "required": required}
    return merged


def _bounds(schema: dict[str, Json]) -> tuple[float, float]:
    """The smallest and the largest number allowed; 1 and upwards where the schema does not say."""
    high = _number_in(schema, "maximum", "exclusiveMaximum", math.inf)
    high -= "maximum" not in schema and "exclusiveMaximum" in schema
    low = _number_in(schema, "minimum", "exclusiveMinimum", min(1.0, high))
    low += "minimum" not in schema and "exclusiveMinimum" in schema
    return low, high


def _number_in(schema: dict[str, Json], name: str, other: str, default: float) -> float:
    value = schema.get(name, schema.get(other))
    return float(value) if isinstance(value, int | float) else default
