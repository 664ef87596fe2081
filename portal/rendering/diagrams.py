"""Mermaid → SVG, drawn when a reader asks for it, in a process of its own: what a model wrote may be made to
take for ever."""

import subprocess
import sys
import threading
from pathlib import Path

from portal.web.errors import BadParameter, Unavailable

MAX_SOURCE = 20_000
# Seconds, for a place to draw and for the drawing itself.
_PATIENCE = 10
_LONGEST = 10
_PLACES = threading.BoundedSemaphore(2)
_ROOT = Path(__file__).resolve().parents[2]
_COMMAND = [sys.executable, "-E", "-s", "-m", "portal.rendering.diagram_worker"]


def draw(source: str) -> str:
    """For an `<img>` only, where no SVG runs or loads anything. Raises `BadParameter` or `Unavailable`."""
    if not 0 < len(source) <= MAX_SOURCE:
        raise BadParameter(f"source: 1 to {MAX_SOURCE:,} characters.", "source")
    if not _PLACES.acquire(timeout=_PATIENCE):
        raise Unavailable("The portal is drawing other diagrams. Try again soon.")
    try:
        drawn = subprocess.run(  # noqa: S603
            _COMMAND, cwd=_ROOT, env={}, input=source.encode(), capture_output=True, timeout=_LONGEST
        )
    except subprocess.TimeoutExpired:
        raise BadParameter("This diagram takes too long to draw.", "source") from None
    finally:
        _PLACES.release()
    if drawn.returncode:
        raise BadParameter("This diagram cannot be drawn.", "source")
    return drawn.stdout.decode()
