"""Extra headers go in and never come out: their names are shown, their values masked."""

import json
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from chat.catalogue.servers import MASK

Headers = dict[str, str]
MAX_HEADERS = 50
# RFC 9110: a token; and what may stand in a value, without line breaks.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_VALUE = re.compile(r"[\t\x20-\x7e]{1,4000}")
# The connection's own.
_RESERVED = {"content-type", "content-length", "transfer-encoding", "connection", "host", "accept-encoding"}


class SecretHeadersField(forms.CharField):
    """A JSON object of texts. `stored` is what a masked value stands for."""

    widget = forms.Textarea(attrs={"rows": 4, "cols": 60, "autocomplete": "off", "spellcheck": "false"})
    stored: Headers = {}

    def prepare_value(self, value: Any) -> str:
        """What was just typed is not repeated either."""
        try:
            headers = json.loads(value) if isinstance(value, str) else value
            return json.dumps(dict.fromkeys(headers or {}, MASK), ensure_ascii=False)
        except (ValueError, TypeError):
            return "{}"

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.prepare_value(initial) != (data or "{}")

    def clean(self, value: Any) -> Headers:
        headers = _read(value or "{}")
        for name, text in headers.items():
            _check(name, text)
        return {name: self._unmasked(name, text) for name, text in headers.items()}

    def _unmasked(self, name: str, text: str) -> str:
        if text != MASK:
            return text
        if name not in self.stored:
            raise ValidationError(f"Enter the value of “{name}”.")
        return self.stored[name]


def _read(value: str) -> Headers:
    try:
        headers = json.loads(value)
    except ValueError:
        raise ValidationError("This is no JSON.") from None
    if not isinstance(headers, dict) or not all(isinstance(text, str) for text in headers.values()):
        raise ValidationError('Headers are a JSON object of texts: {"x-team": "research"}.')
    if len(headers) > MAX_HEADERS:
        raise ValidationError(f"There may be {MAX_HEADERS} headers.")
    return headers


def _check(name: str, text: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValidationError(f"“{name}” is no name for a header.")
    if name.lower() in _RESERVED:
        raise ValidationError(f"“{name}” is for the connection to say.")
    if text != MASK and not _VALUE.fullmatch(text):
        raise ValidationError(f"The value of “{name}” holds characters that cannot be sent.")
