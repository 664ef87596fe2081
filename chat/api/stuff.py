"""Between the chat and what people keep: `…/messages/{id}/save` and `/api/stuff/{id}/use`."""

from collections.abc import Callable

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import User
from chat import saving
from chat.access import get_message
from chat.api.attachments import attachment_object
from chat.models import Message
from chat.using import use_item
from collections_app.access import ContentItem
from portal.web.errors import BadParameter
from portal.web.reading import Body, read_body


class Part(Body, frozen=True, kw_only=True):
    """`part` is `answer`, `code` (needs `index`), `selection` (needs `text`) or `file` (needs
    `attachmentId`)."""

    part: str
    index: int | None = None
    text: str | None = None
    attachment_id: str | None = None


# A part → the field it needs, and its name outside.
_NEEDED: dict[str, tuple[str, str] | None] = {
    "answer": None,
    "code": ("index", "index"),
    "selection": ("text", "text"),
    "file": ("attachment_id", "attachmentId"),
}
_SAVES: dict[str, Callable[..., ContentItem]] = {
    "answer": saving.save_answer,
    "code": saving.save_code,
    "selection": saving.save_selection,
    "file": saving.save_file,
}


class SavedPart(APIView):
    def post(self, request: Request, public_id: str) -> Response:
        """Keeps a part of a message; `GET /api/stuff/{id}` has the whole item."""
        message = get_message(request.user, public_id)
        item = _save(request.user, message, read_body(request, Part))
        told = {
            "id": item.public_id,
            "type": item.type,
            "title": item.title,
            "url": f"/stuff/{item.public_id}",
        }
        return Response(told, status.HTTP_201_CREATED)


def _save(user: User, message: Message, body: Part) -> ContentItem:
    if body.part not in _SAVES:
        raise BadParameter(f"part: choose from {', '.join(_SAVES)}.", "part")
    needed = _NEEDED[body.part]
    if needed is None:
        return _SAVES[body.part](user=user, message=message)
    value = getattr(body, needed[0])
    if value is None:
        raise BadParameter(f"{needed[1]}: `{body.part}` needs it.", needed[1])
    return _SAVES[body.part](user=user, message=message, **{needed[0]: value})


class Use(APIView):
    def post(self, request: Request, public_id: str) -> Response:
        """What to put into a message: text, or a file that is attached without being uploaded again."""
        used = use_item(user=request.user, item_id=public_id)
        attached = [attachment_object(used.attachment)] if used.attachment else []
        return Response({"text": used.text, "attachments": attached})
