"""How large a file of chats may be."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from chat.imports.unpacking import MAX_UPLOAD
from portal.web import uploads
from portal.web.errors import BadParameter


def limit_upload(request: HttpRequest) -> None:
    """Before anything reads the body."""
    uploads.limit_upload(request, MAX_UPLOAD)


def require_file(file: object) -> None:
    if file is None:
        raise BadParameter(
            _("Choose a ZIP or JSON file of at most %(number)d MB.") % {"number": MAX_UPLOAD // 1024 // 1024},
            "file",
        )
