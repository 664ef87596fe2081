"""Small pictures for lists, made in the background from the view that models are shown, in a process of its
own."""

import io
import logging
import subprocess
import sys
from pathlib import Path

from django.db import transaction

from chat.attachments import storage
from chat.models import Attachment, StoredFile
from portal.soon import run_soon

log = logging.getLogger(__name__)

MEDIA_TYPE = "image/jpeg"
_ROOT = Path(__file__).resolve().parents[2]
_COMMAND = [sys.executable, "-E", "-s", "-m", "chat.attachments.extraction.thumbnail"]
# Seconds.
_LONGEST = 20


def want(attachment: Attachment) -> None:
    """One will be there soon, if this is an image and there is none yet."""
    if attachment.file.view_key and not attachment.file.thumbnail_key:
        run_soon("chat.tasks.make_thumbnail", attachment.file_id)


def make(file_id: int) -> None:
    """Twice is as good as once."""
    file = StoredFile.objects.filter(pk=file_id, thumbnail_key="").exclude(view_key="").defer("text").first()
    if file is None:
        return
    with storage.open_object(file.view_key) as view:
        drawn = _drawn(view.read())
    if drawn is None:
        return
    key = storage.put(io.BytesIO(drawn))
    with transaction.atomic():
        # The file may have gone meanwhile, or another have been quicker: then ours stays doomed.
        if StoredFile.objects.filter(pk=file_id, thumbnail_key="").update(thumbnail_key=key):
            storage.spare([key])
            return
    storage.discard([key])


def _drawn(view: bytes) -> bytes | None:
    try:
        done = subprocess.run(  # noqa: S603
            _COMMAND, cwd=_ROOT, env={}, input=view, capture_output=True, timeout=_LONGEST
        )
    except subprocess.TimeoutExpired:
        done = None
    if done is None or done.returncode or not done.stdout:
        log.warning("A thumbnail could not be drawn.")
        return None
    return done.stdout
