"""`/api/chat/attachments`, and `/uploads/…`, where their owner downloads them."""

from typing import Any

from django.http.response import HttpResponseBase
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.access import get_attachment
from chat.attachments import intake, storage, thumbnails
from chat.attachments.kinds import IMAGES
from chat.attachments.references import note_of
from chat.attachments.releasing import delete_attachments
from chat.models import Attachment as AttachmentRow
from portal.web import downloads
from portal.web.errors import NotFound
from portal.web.reading import Query, read_query
from portal.web.times import rfc3339


def attachment_object(attachment: AttachmentRow) -> dict[str, Any]:
    """`message` says what of the file a model is not told."""
    file = attachment.file
    return {
        **note_of(attachment),
        "kind": file.kind,
        "pages": file.pages,
        "previewUrl": f"/uploads/{attachment.public_id}" if file.view_key else None,
        "message": file.note or None,
        "createdAt": rfc3339(attachment.created_at),
    }


class Attachments(APIView):
    parser_classes = (MultiPartParser,)

    def post(self, request: Request) -> Response:
        received = intake.receive(user=request.user, uploads=request.FILES.getlist(intake.FIELD))
        return Response({"data": list(map(attachment_object, received))}, status.HTTP_201_CREATED)


class Attachment(APIView):
    def get(self, request: Request, public_id: str) -> Response:
        read_query(request, Query)
        return Response(attachment_object(get_attachment(request.user, public_id)))

    def delete(self, request: Request, public_id: str) -> Response:
        """Messages that have it keep its name."""
        delete_attachments([get_attachment(request.user, public_id)])
        return Response(status=status.HTTP_204_NO_CONTENT)


class Upload(APIView):
    def get(self, request: Request, public_id: str, name: str) -> HttpResponseBase:
        """The bytes as they came; only images under their own type, which nothing would run."""
        attachment = get_attachment(request.user, public_id)
        file = attachment.file
        content_type = file.media_type if file.media_type in IMAGES else "application/octet-stream"
        body = storage.open_object(file.key)
        return downloads.attachment(body, name=attachment.name, content_type=content_type, size=file.size)


class Preview(APIView):
    def get(self, request: Request, public_id: str) -> HttpResponseBase:
        """An image as the portal drew it anew: small, and without what a camera adds. `small` asks for a
        thumbnail; until there is one, which is soon, it is the whole view."""
        attachment = get_attachment(request.user, public_id)
        file = attachment.file
        if not file.view_key:
            raise NotFound("There is no preview of this file.")
        if "small" in request.query_params:
            if file.thumbnail_key:
                with storage.open_object(file.thumbnail_key) as picture:
                    return downloads.inline(picture.read(), content_type=thumbnails.MEDIA_TYPE)
            thumbnails.want(attachment)
        with storage.open_object(file.view_key) as view:
            return downloads.inline(view.read(), content_type=file.view_type)
