"""Reading a file in a process of its own, which may come to harm (battery W05)."""

import json
import logging
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO

from chat.attachments.extraction.reading import TOO_MUCH, Reading, Unreadable
from portal.web.errors import Unavailable

log = logging.getLogger(__name__)

# At once in this process: each may take a core and a gigabyte.
_PLACES = threading.BoundedSemaphore(2)
# Seconds: for a place, and of one file whatever its CPU time is.
_PATIENCE = 60
_LONGEST = 30
_ROOT = Path(__file__).resolve().parents[3]
_TOO_LONG = "takes too long to be read."
_WORKER = "chat.attachments.extraction.worker"


def read(file: IO[bytes], ending: str) -> Reading:
    """`file` is a real one, at its beginning. Raises `Unreadable`, or `Unavailable` when too much is
    being read already."""
    if not _PLACES.acquire(timeout=_PATIENCE):
        raise Unavailable("The portal is reading other files. Try again soon.")
    try:
        with tempfile.TemporaryFile() as told:
            _run(file, ending, told)
            told.seek(0)
            line = told.readline()
            return _reading(json.loads(line), told.read())
    except ValueError:
        raise Unreadable("is damaged: the portal cannot read it.") from None
    finally:
        _PLACES.release()


def _run(file: IO[bytes], ending: str, told: IO[bytes]) -> None:
    """Nothing of ours goes with it, the environment and its secrets least of all."""
    command = [sys.executable, "-E", "-s", "-m", _WORKER, ending]
    try:
        done = subprocess.run(  # noqa: S603
            command, cwd=_ROOT, env={}, stdin=file, stdout=told, stderr=subprocess.DEVNULL, timeout=_LONGEST
        )
    except subprocess.TimeoutExpired:
        raise Unreadable(_TOO_LONG) from None
    if -done.returncode in (signal.SIGXCPU, signal.SIGKILL):
        raise Unreadable(_TOO_LONG)
    if done.returncode:
        log.warning("The process that read a file ended with %s.", done.returncode)
    if -done.returncode == signal.SIGABRT:
        raise Unreadable(TOO_MUCH)


def _reading(told: dict[str, object], view: bytes) -> Reading:
    if "refused" in told:
        raise Unreadable(str(told["refused"]))
    return Reading(**told, view=view)  # type: ignore[arg-type]
