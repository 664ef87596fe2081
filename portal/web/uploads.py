"""Uploads that are cut off as soon as they are too large, whatever they said of their size."""

from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest


class Quota(FileUploadHandler):
    """`most` in bytes."""

    def __init__(self, request: HttpRequest | None, most: int) -> None:
        super().__init__(request)
        self._left = most

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._left -= len(raw_data)
        if self._left < 0:
            raise StopUpload(connection_reset=True)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


def limit_upload(request: HttpRequest, most: int) -> None:
    """Before anything reads the body."""
    request.upload_handlers.insert(0, Quota(request, most))
