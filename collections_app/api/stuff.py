"""`/api/stuff`: any valid key works with its owner's."""

from collections.abc import Callable
from functools import partial
from typing import Any

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from collections_app import bulk, services
from collections_app.access import get_item
from collections_app.api.shapes import (
    BulkAction,
    ItemChange,
    NewItem,
    StuffQuery,
    item_object,
    with_relations,
)
from collections_app.reach import Reach
from collections_app.search import find_items
from portal.web.errors import BadParameter
from portal.web.pagination import page_of
from portal.web.reading import Query, read_body, read_query


class Stuff(APIView):
    def get(self, request: Request) -> Response:
        """Newest first, or as `sortBy` says; a search without it has what fits best first."""
        query = read_query(request, StuffQuery)
        rows, by, is_ascending = find_items(request.user, query.wanted()).sorted_by(query.sort_by)
        page = page_of(with_relations(rows, request.user), query, by=by, oldest_first=is_ascending)
        return Response(page.answer(lambda item: item_object(item, request.user)))

    def post(self, request: Request) -> Response:
        item = services.create_item(user=request.user, **read_body(request, NewItem).given())
        return Response(item_object(item, request.user), status.HTTP_201_CREATED)


class Item(APIView):
    def get(self, request: Request, public_id: str) -> Response:
        read_query(request, Query)
        return Response(item_object(get_item(request.user, public_id, Reach.VIEW), request.user))

    def patch(self, request: Request, public_id: str) -> Response:
        item = get_item(request.user, public_id, Reach.EDIT)
        fields = read_body(request, ItemChange).given()
        changed = services.edit_item(item=item, by=request.user, **fields)
        return Response(item_object(changed, request.user))

    def delete(self, request: Request, public_id: str) -> Response:
        """Into the bin: `restore` takes it back for 30 days."""
        services.discard_item(item=get_item(request.user, public_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


# An action → what it calls, and the field it needs besides the items.
_ACTIONS: dict[str, tuple[Callable[..., int], str | None]] = {
    "favorite": (partial(bulk.mark_favorites, favorite=True), None),
    "unfavorite": (partial(bulk.mark_favorites, favorite=False), None),
    "tag": (bulk.tag_items, "tags"),
    "untag": (bulk.untag_items, "tags"),
    "addToCollection": (bulk.collect_items, "collection_id"),
    "delete": (bulk.discard_items, None),
    "restore": (bulk.restore_items, None),
    "deleteForever": (bulk.erase_items, None),
}
_OUTSIDE = {"tags": "tags", "collection_id": "collectionId"}


class BulkStuff(APIView):
    def post(self, request: Request) -> Response:
        """One action on many items; all of them or none."""
        body = read_body(request, BulkAction)
        if body.action not in _ACTIONS:
            raise BadParameter(f"action: choose from {', '.join(_ACTIONS)}.", "action")
        act, needed = _ACTIONS[body.action]
        more: dict[str, Any] = {}
        for name, outside in _OUTSIDE.items():
            value = getattr(body, name)
            if (value is None) == (name == needed):
                verb = "needs it" if name == needed else "does not know it"
                raise BadParameter(f"{outside}: `{body.action}` {verb}.", outside)
            if value is not None:
                more[name] = value
        return Response({"updated": act(user=request.user, item_ids=body.item_ids, **more)})
