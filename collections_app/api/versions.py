"""`/api/stuff/{id}/versions`: what an item was before each of its changes."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from collections_app import services
from collections_app.access import get_item
from collections_app.api.shapes import item_object
from collections_app.comparing import unified
from collections_app.models import ItemVersion
from collections_app.versions import changed_fields, pair_of, versions_of
from portal.web.reading import Body, Query, read_body, read_query
from portal.web.times import rfc3339


def version_object(version: ItemVersion) -> dict[str, Any]:
    """`by` is the name of whoever made it so; null for one who is gone."""
    return {
        "number": version.number,
        "type": version.type,
        "title": version.title,
        "by": version.by.display_name if version.by else None,
        "createdAt": rfc3339(version.created_at),
    }


class Versions(APIView):
    def get(self, request: Request, public_id: str) -> Response:
        """All that are kept; the newest, which is the item as it is, first."""
        read_query(request, Query)
        every = versions_of(get_item(request.user, public_id))
        return Response({"data": list(map(version_object, every)), "nextCursor": None})


class Version(APIView):
    def get(self, request: Request, public_id: str, number: str) -> Response:
        """All of it, and what was changed from the one before: the fields, and the lines of `content`. Null
        where that is no longer kept."""
        read_query(request, Query)
        version, before = pair_of(get_item(request.user, public_id), int(number))
        return Response(
            {
                **version_object(version),
                "content": version.content,
                "description": version.description or None,
                "language": version.language or None,
                "tags": version.tags,
                "changed": changed_fields(before, version) if before else None,
                "diff": unified(before.content, version.content) if before else None,
            }
        )


class RestoredVersion(APIView):
    def post(self, request: Request, public_id: str, number: str) -> Response:
        """The item becomes what it was then, which is a version of its own; `PATCH` could do the same."""
        read_body(request, Body)
        item = get_item(request.user, public_id)
        changed = services.restore_version(item=item, number=int(number), by=request.user)
        return Response(item_object(changed, request.user))
