"""The embedded default's secret key: made once, kept in the data directory, readable by its owner."""

import os
import secrets
from pathlib import Path


def stored_in(directory: Path) -> str:
    path = directory / "secret_key"
    try:
        # O_EXCL: two processes that start together must agree on one key.
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(50))
    return path.read_text()
