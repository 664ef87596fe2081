"""`/api/collections/shared`, `…/{id}/link` and `…/{id}/people`."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from collections_app.access import counted, get_collection
from collections_app.api.shapes import collection_object
from collections_app.models import CollectionLink, Guest
from collections_app.reach import Reach, shared_with
from collections_app.sharing import services
from collections_app.sharing.access import get_guest, guests_of, link_of
from portal.web.errors import BadParameter, NotFound
from portal.web.pagination import PageQuery, page_of
from portal.web.reading import Body, Query, read_body, read_query
from portal.web.times import rfc3339


class Invitation(Body, frozen=True):
    email: str
    role: str


class SharedCollections(APIView):
    def get(self, request: Request) -> Response:
        """Those of others; the newest first."""
        page = page_of(counted(shared_with(request.user)), read_query(request, PageQuery))
        return Response(page.answer(lambda row: collection_object(row, request.user)))


class Link(APIView):
    def get(self, request: Request, public_id: str) -> Response:
        read_query(request, Query)
        link = link_of(get_collection(request.user, public_id))
        if link is None:
            raise NotFound("There is no link.")
        return Response(_link_object(link))

    def post(self, request: Request, public_id: str) -> Response:
        """`url` is told this once; a link there was before is revoked."""
        read_body(request, Body)
        collection = get_collection(request.user, public_id)
        token = services.make_link(collection=collection)
        link = CollectionLink.objects.get(collection=collection)
        url = settings.BASE_URL + reverse("shared-collection", args=[token])
        return Response({**_link_object(link), "url": url}, status.HTTP_201_CREATED)

    def delete(self, request: Request, public_id: str) -> Response:
        services.revoke_link(collection=get_collection(request.user, public_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class People(APIView):
    def get(self, request: Request, public_id: str) -> Response:
        """Whether an address has an account is not told."""
        guests = guests_of(get_collection(request.user, public_id))
        page = page_of(guests, read_query(request, PageQuery), by="email", oldest_first=True)
        return Response(page.answer(guest_object))

    def put(self, request: Request, public_id: str) -> Response:
        """Adds somebody, or changes their role."""
        collection = get_collection(request.user, public_id)
        body = read_body(request, Invitation)
        return Response(
            guest_object(services.invite(collection=collection, email=body.email, role=body.role))
        )


class Person(APIView):
    """`me` is a guest who asks."""

    def get(self, request: Request, public_id: str, guest_id: str) -> Response:
        read_query(request, Query)
        return Response(guest_object(get_guest(get_collection(request.user, public_id), guest_id)))

    def delete(self, request: Request, public_id: str, guest_id: str) -> Response:
        if guest_id == "me":
            collection = get_collection(request.user, public_id, Reach.VIEW)
            if collection.user_id == request.user.pk:
                raise BadParameter("The collection is yours: delete it instead.")
            services.leave(user=request.user, collection=collection)
        else:
            services.uninvite(guest=get_guest(get_collection(request.user, public_id), guest_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


def guest_object(guest: Guest) -> dict[str, Any]:
    return {
        "id": guest.public_id,
        "email": guest.email,
        "role": guest.role,
        "createdAt": rfc3339(guest.created_at),
    }


def _link_object(link: CollectionLink) -> dict[str, Any]:
    return {"createdAt": rfc3339(link.created_at)}
