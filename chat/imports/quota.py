"""An upload that is cut off as soon as it is too large, whatever it said of its size."""

from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest
from django.utils.translation import gettext as _

from chat.imports.unpacking import MAX_UPLOAD
from portal.web.errors import BadParameter


class Quota(FileUploadHandler):
    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self._received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._received += len(raw_data)
        if self._received > MAX_UPLOAD:
            raise StopUpload(connection_reset=True)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


def limit_upload(request: HttpRequest) -> None:
    """Before anything reads the body."""
    request.upload_handlers.insert(0, Quota(request))


def require_file(file: object) -> None:
    if file is None:
        raise BadParameter(
            _("Choose a ZIP or JSON file of at most %(number)d MB.") % {"number": MAX_UPLOAD // 1024 // 1024},
            "file",
        )
