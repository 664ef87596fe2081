"""The secret in a request's headers (conformance H02)."""

from collections.abc import Iterable


class ConflictingCredentials(Exception):
    """Two different keys in one request."""


def presented_secret(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """From `Authorization: Bearer KEY` or `x-api-key: KEY`; None when there is neither.

    `headers` as ASGI has them: lower-case names, raw bytes.
    """
    secrets = set()
    for name, raw in headers:
        value = raw.decode("latin-1").strip()
        if name == b"x-api-key" and value:
            secrets.add(value)
        elif name == b"authorization":
            scheme, _, token = value.partition(" ")
            if scheme.lower() == "bearer" and token.strip():
                secrets.add(token.strip())
    if len(secrets) > 1:
        raise ConflictingCredentials
    return secrets.pop() if secrets else None
