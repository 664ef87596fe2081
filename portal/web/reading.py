"""What a caller sent, as typed values: JSON bodies and query strings of the management API.

The shape is a `msgspec.Struct`. Whatever does not fit it is a `BadParameter` that names the field as the
caller wrote it: `rpmLimit`, `ipWhitelist[1]`.
"""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from django.core.exceptions import RequestDataTooBig
from django.http.request import RawPostDataException
from rest_framework.request import Request

from portal.web.errors import BadParameter

MAX_BODY_BYTES = 1024 * 1024


class Body(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """A JSON object, camelCase outside. Give a field the default `msgspec.UNSET` to tell absent from null."""

    def given(self) -> dict[str, Any]:
        """The fields the caller named, by their Python names."""
        values = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return {name: value for name, value in values if value is not msgspec.UNSET}


class Query(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """Parameters of a query string; numbers are read from their digits."""


T = TypeVar("T", bound=msgspec.Struct)


def read_body(request: Request, shape: type[T]) -> T:
    """An empty body is an empty object. The content type is not asked for (conformance H06)."""
    try:
        body = request.body
    except RequestDataTooBig:
        raise BadParameter("The body is too large.") from None
    except RawPostDataException:
        # Django has read it as a form, in search of its CSRF token.
        raise BadParameter("The body is a form, not JSON.") from None
    if len(body) > MAX_BODY_BYTES:
        raise BadParameter(f"The body is larger than {MAX_BODY_BYTES} bytes.")
    try:
        raw = msgspec.json.decode(body or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadParameter("The body is not valid JSON.") from None
    if not isinstance(raw, dict):
        raise BadParameter("The body must be a JSON object.")
    return converted(raw, shape, strict=True)


def read_query(request: Request, shape: type[T]) -> T:
    return converted(request.query_params.dict(), shape, strict=False)


def converted(raw: Mapping[str, Any], shape: type[T], *, strict: bool) -> T:
    """Raises `BadParameter`. Not `strict`: numbers may be written as texts."""
    try:
        return msgspec.convert(raw, shape, strict=strict)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at ")
        param = path.strip("`").removeprefix("$").removeprefix(".")
        # A field too many or too few is told of the object; its name is in the reason.
        if named := re.search(r"(?:unknown|required) field `(.*)`", reason):
            name = named.group(1)[:100]
            param = f"{param}.{name}" if param else name
            reason = "there is no such field" if "unknown" in reason else "this field is required"
        raise BadParameter(f"{param}: {reason[0].lower()}{reason[1:]}.", param) from None
