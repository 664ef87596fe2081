"""`GET /api/collections/{id}/export` and `POST /api/collections/import`."""

from typing import Any, Literal

from django.http import HttpRequest, StreamingHttpResponse
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from collections_app.access import get_collection
from collections_app.exchange.definition import MAX_UPLOAD
from collections_app.exchange.exporting import export
from collections_app.exchange.importing import Report, import_file
from collections_app.models import ContentItem
from collections_app.reach import Reach
from portal.web.errors import BadParameter
from portal.web.reading import Query, read_query
from portal.web.uploads import limit_upload


class ExportQuery(Query, frozen=True):
    format: Literal["zip", "markdown"] = "zip"


class CollectionExport(APIView):
    def get(self, request: Request, public_id: str) -> StreamingHttpResponse:
        collection = get_collection(request.user, public_id, Reach.VIEW)
        return export(request.user, collection, read_query(request, ExportQuery).format)


class CollectionImport(APIView):
    """`file`, and the `collectionId` of the collection it goes into."""

    parser_classes = [MultiPartParser, FormParser]

    def initialize_request(self, request: HttpRequest, *arguments: Any, **named: Any) -> Request:
        limit_upload(request, MAX_UPLOAD)
        return super().initialize_request(request, *arguments, **named)

    def post(self, request: Request) -> Response:
        file = request.FILES.get("file")
        if file is None:
            most = MAX_UPLOAD // 1024 // 1024
            raise BadParameter(f"file: a ZIP or Markdown file of at most {most} MB.", "file")
        report = import_file(
            user=request.user,
            file=file.file,
            name=file.name or "",
            collection_id=request.data.get("collectionId") or None,
        )
        return Response(_report_object(report))


def _report_object(report: Report) -> dict[str, Any]:
    collection = report.collection
    return {
        "collection": collection and {"id": collection.public_id, "name": collection.name},
        "created": list(map(_named, report.created)),
        "duplicates": list(map(_named, report.duplicates)),
        "skipped": [{"title": each.title, "reason": each.reason} for each in report.skipped],
    }


def _named(item: ContentItem) -> dict[str, str]:
    return {"id": item.public_id, "title": item.title}
