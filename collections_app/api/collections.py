"""`/api/collections` and what is in them: any valid key works with its owner's."""

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import User
from collections_app import collecting
from collections_app.access import collections_of, counted, get_collection, get_item
from collections_app.api.shapes import (
    CollectionChange,
    MemberChange,
    NewCollection,
    NewMember,
    collection_object,
    item_object,
    with_relations,
)
from collections_app.models import Collection as CollectionRow
from collections_app.reach import Reach, shared_with
from portal.web.pagination import MAX_LIMIT, PageQuery, page_of
from portal.web.reading import Query, read_body, read_query


class Collections(APIView):
    def get(self, request: Request) -> Response:
        """In the order their owner gave them; a new one comes first."""
        rows = counted(collections_of(request.user))
        page = page_of(rows, read_query(request, PageQuery), by="position", oldest_first=True)
        return Response(page.answer(lambda row: collection_object(row, request.user)))

    def post(self, request: Request) -> Response:
        fields = read_body(request, NewCollection).given()
        collection = collecting.create_collection(user=request.user, **fields)
        return Response(_shown(request.user, collection), status.HTTP_201_CREATED)


class Collection(APIView):
    def get(self, request: Request, public_id: str) -> Response:
        """With the first of its items; `…/items` has them all."""
        read_query(request, Query)
        collection = get_collection(request.user, public_id, Reach.VIEW)
        rows = with_relations(collecting.items_in(collection), request.user)[:MAX_LIMIT]
        items = [item_object(item, request.user) for item in rows]
        return Response({**_shown(request.user, collection), "items": items})

    def patch(self, request: Request, public_id: str) -> Response:
        fields = read_body(request, CollectionChange).given()
        changed = collecting.edit_collection(collection=get_collection(request.user, public_id), **fields)
        return Response(_shown(request.user, changed))

    def delete(self, request: Request, public_id: str) -> Response:
        """What is in it stays."""
        collecting.delete_collection(collection=get_collection(request.user, public_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class CollectionItems(APIView):
    def get(self, request: Request, public_id: str) -> Response:
        """In their order."""
        collection = get_collection(request.user, public_id, Reach.VIEW)
        items = with_relations(collecting.items_in(collection), request.user)
        page = page_of(items, read_query(request, PageQuery), by="position", oldest_first=True)
        return Response(page.answer(lambda item: item_object(item, request.user)))

    def post(self, request: Request, public_id: str) -> Response:
        """At the end. One that is in it already stays where it is."""
        get_collection(request.user, public_id, Reach.EDIT)
        item = get_item(request.user, read_body(request, NewMember).item_id, param="itemId")
        collection = collecting.add_items(user=request.user, collection_id=public_id, items=[item])
        return Response(_shown(request.user, collection), status.HTTP_201_CREATED)


class CollectionItem(APIView):
    def patch(self, request: Request, public_id: str, item_id: str) -> Response:
        """Moves it to a place, from 0."""
        get_collection(request.user, public_id, Reach.EDIT)
        position = read_body(request, MemberChange).position
        collecting.move_item(user=request.user, collection_id=public_id, item_id=item_id, position=position)
        return Response(item_object(get_item(request.user, item_id, Reach.EDIT), request.user))

    def delete(self, request: Request, public_id: str, item_id: str) -> Response:
        """Out of the collection; the item itself stays."""
        collecting.remove_item(user=request.user, collection_id=public_id, item_id=item_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _shown(user: User, collection: CollectionRow) -> dict[str, object]:
    rows = collections_of(user) if collection.user_id == user.pk else shared_with(user)
    return collection_object(counted(rows).get(pk=collection.pk), user)
