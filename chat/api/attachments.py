"""`/api/chat/attachments`, and `/uploads/…`, where they are
downloaded by their owner and by those who see an item about them."""

from typing import Any

from django.http.response import HttpResponseBase
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.access import get_attachment
from chat.attachments import intake, keeping, storage
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
        """The bytes as they came."""
        attachment = keeping.get_seen(request.user, public_id)
        file = attachment.file
        body = storage.open_object(file.key)
        return downloads.attachment(
            body, name=attachment.name, content_type=keeping.safe_type(file), size=file.size
        )


class Preview(APIView):
    def get(self, request: Request, public_id: str) -> HttpResponseBase:
        """An image as the portal drew it anew: small, and without what a camera adds. `small` asks for a
        thumbnail."""
        attachment = keeping.get_seen(request.user, public_id)
        picture = keeping.picture_of(attachment, "small" in request.query_params)
        if picture is None:
            raise NotFound("There is no preview of this file.")
        return downloads.inline(picture[0], content_type=picture[1])
