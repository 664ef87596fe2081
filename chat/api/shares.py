"""`/api/chat/sessions/{id}/shares` and `/api/chat/shares/{id}`."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.access import get_session
from chat.models import SharedSnapshot
from chat.sharing import services
from chat.sharing.access import get_share, shares_of
from portal.web.pagination import PageQuery, page_of
from portal.web.reading import Body, Query, read_body, read_query
from portal.web.times import rfc3339


class ShareChange(Body, frozen=True):
    title: str | None = None


class SessionShares(APIView):
    def get(self, request: Request, public_id: str) -> Response:
        session = get_session(request.user, public_id)
        page = page_of(shares_of(request.user).filter(session=session), read_query(request, PageQuery))
        return Response(page.answer(_share_object))

    def post(self, request: Request, public_id: str) -> Response:
        """`url` is told this once."""
        session = get_session(request.user, public_id)
        title = read_body(request, ShareChange).title
        share, token = services.share_session(session=session, title=title)
        url = settings.BASE_URL + reverse("share", args=[token])
        return Response({**_share_object(share), "url": url}, status.HTTP_201_CREATED)


class Shares(APIView):
    def get(self, request: Request) -> Response:
        page = page_of(shares_of(request.user), read_query(request, PageQuery))
        return Response(page.answer(_share_object))


class Share(APIView):
    def get(self, request: Request, public_id: str) -> Response:
        read_query(request, Query)
        return Response(_share_object(get_share(request.user, public_id)))

    def patch(self, request: Request, public_id: str) -> Response:
        """Takes the snapshot anew, under the same link."""
        share = get_share(request.user, public_id)
        title = read_body(request, ShareChange).title
        return Response(_share_object(services.update_share(share=share, title=title)))

    def delete(self, request: Request, public_id: str) -> Response:
        services.revoke_share(share=get_share(request.user, public_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _share_object(share: SharedSnapshot) -> dict[str, Any]:
    return {
        "id": share.public_id,
        "sessionId": share.session.public_id,
        "title": share.title,
        "createdAt": rfc3339(share.created_at),
        "updatedAt": rfc3339(share.updated_at),
    }
