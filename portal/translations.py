"""What translators write (`locale/*/LC_MESSAGES/django.po`) made into what Django reads (`django.mo`).

By a library and not by GNU gettext, which a bare machine lacks. `manage.py prepare` does it; where the code
cannot be written to when it runs, as in the image, `python -m portal.translations` has done it before.
"""

import os
import tempfile
from pathlib import Path

import polib

FOLDER = Path(__file__).resolve().parent.parent / "locale"


def compile_translations(folder: Path = FOLDER) -> list[str]:
    """Returns the languages whose catalogue was older than its text, or not there."""
    stale = [path for path in sorted(folder.glob("*/LC_MESSAGES/django.po")) if _is_stale(path)]
    for path in stale:
        _compile(path)
    return [path.parent.parent.name for path in stale]


def _is_stale(source: Path) -> bool:
    compiled = source.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime <= source.stat().st_mtime


def _compile(source: Path) -> None:
    """In one step: another process may be reading, or doing the same."""
    handle, unfinished = tempfile.mkstemp(dir=source.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(polib.pofile(str(source)).to_binary())
    Path(unfinished).chmod(0o644)
    Path(unfinished).replace(source.with_suffix(".mo"))


if __name__ == "__main__":
    compile_translations()
