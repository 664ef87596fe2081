"""`GET /api/chat/sessions/{id}/export?format=markdown|json`."""

from typing import Literal

from django.http import StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from chat.access import get_session
from chat.exports.files import export_file
from portal.web.reading import Query, read_query


class ExportQuery(Query, frozen=True):
    format: Literal["markdown", "json"] = "markdown"


class SessionExport(APIView):
    def get(self, request: Request, public_id: str) -> StreamingHttpResponse:
        session = get_session(request.user, public_id)
        return export_file(session, read_query(request, ExportQuery).format)
