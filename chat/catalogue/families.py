"""What a model can do, from what its server says of it; else from the family its name belongs to."""

import re
from collections.abc import Iterator
from typing import Any

from chat.models.capabilities import Capability, ordered

_TALKS = (Capability.CHAT, Capability.VISION, Capability.DOCUMENTS, Capability.TOOLS)
# The first that matches counts; nothing for what the portal has no endpoint for.
_FAMILIES: list[tuple[str, tuple[Capability, ...]]] = [
    (r"embed|(^|/)(bge|e5|gte)-", (Capability.EMBEDDINGS,)),
    (r"(^|/)(dall-e|gpt-image|chatgpt-image|imagen|flux|stable-diffusion)", (Capability.IMAGE_GENERATION,)),
    (r"whisper|tts|transcri|moderation|realtime|rerank|audio|(^|/)(sora|babbage|davinci)", ()),
    (r"claude-(3-7|(opus|sonnet|haiku)-[4-9])", (*_TALKS, Capability.THINKING)),
    (r"claude", _TALKS),
    (r"(^|/)(gpt-5|o[134])(-|\.|$)", (*_TALKS, Capability.THINKING, Capability.STRUCTURED_OUTPUT)),
    (r"(^|/)(gpt-4o|chatgpt-4o|gpt-4\.)", (*_TALKS, Capability.STRUCTURED_OUTPUT)),
    (r"", (Capability.CHAT,)),
]
# Anthropic, Mistral, OpenRouter, Ollama, LM Studio and llama.cpp in their own words.
_WORDS = {
    "completion": Capability.CHAT,
    "completion_chat": Capability.CHAT,
    "vision": Capability.VISION,
    "multimodal": Capability.VISION,
    "image": Capability.VISION,
    "image_input": Capability.VISION,
    "file": Capability.DOCUMENTS,
    "pdf_input": Capability.DOCUMENTS,
    "tools": Capability.TOOLS,
    "tool_use": Capability.TOOLS,
    "function_calling": Capability.TOOLS,
    "thinking": Capability.THINKING,
    "reasoning": Capability.THINKING,
    "structured_outputs": Capability.STRUCTURED_OUTPUT,
    "embedding": Capability.EMBEDDINGS,
    "embeddings": Capability.EMBEDDINGS,
}


def capabilities_of(name: str, raw: dict[str, Any]) -> list[str]:
    """Empty for a model that the portal has no endpoint for."""
    family = next(found for pattern, found in _FAMILIES if re.search(pattern, name.lower()))
    stated = {_WORDS[word] for word in _said(raw) if word in _WORDS}
    if not stated or not family:
        return ordered(family)
    # What can be embedded is not talked to, unless its server says so.
    return ordered(stated if stated & {Capability.EMBEDDINGS, Capability.CHAT} else {*stated, family[0]})


def _said(raw: dict[str, Any]) -> Iterator[str]:
    architecture = raw.get("architecture")
    modalities = architecture.get("input_modalities") if isinstance(architecture, dict) else None
    for stated in (raw.get("capabilities"), raw.get("supported_parameters"), modalities):
        if isinstance(stated, dict):
            yield from (name for name, value in stated.items() if _is_yes(value))
        elif isinstance(stated, list):
            yield from (word for word in stated if isinstance(word, str))


def _is_yes(value: Any) -> bool:
    return value is True or (isinstance(value, dict) and value.get("supported") is True)
