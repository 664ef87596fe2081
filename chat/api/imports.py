"""`POST /api/chat/import`, multipart: a file that ChatGPT, Open WebUI or this portal exported."""

from typing import Any

from django.http import HttpRequest
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.imports.quota import limit_upload, require_file
from chat.imports.services import Report, import_chats


class Import(APIView):
    parser_classes = [MultiPartParser, FormParser]

    def initialize_request(self, request: HttpRequest, *arguments: Any, **named: Any) -> Request:
        limit_upload(request)
        return super().initialize_request(request, *arguments, **named)

    def post(self, request: Request) -> Response:
        file = request.FILES.get("file")
        require_file(file)
        return Response(_report_object(import_chats(user=request.user, file=file.file)))


def _report_object(report: Report) -> dict[str, Any]:
    return {
        "imported": [{"id": session.public_id, "title": session.title} for session in report.imported],
        "known": report.known,
        "skipped": [{"title": each.title, "reason": each.reason} for each in report.skipped],
    }
