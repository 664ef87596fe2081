"""`/api/keys`: a key needs `manage` for other keys, and may read and regenerate itself."""

from datetime import timedelta

from django.utils import timezone
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apikeys import services
from apikeys.access import get_key, keys_of, require_manage, require_self_or_manage
from apikeys.api.shapes import (
    KeyChange,
    NewKey,
    Regeneration,
    UsageQuery,
    key_object,
    request_object,
    usage_object,
)
from apikeys.models import ApiKey
from portal.web.pagination import PageQuery, page_of
from portal.web.reading import Query, read_body, read_query
from usage.key_usage import requests_of_key, usage_by_key


class Keys(APIView):
    def get(self, request: Request) -> Response:
        require_manage(request.auth)
        page = page_of(keys_of(request.user), read_query(request, PageQuery))
        return Response(page.answer(key_object))

    def post(self, request: Request) -> Response:
        require_manage(request.auth)
        fields = read_body(request, NewKey).given()
        key, secret = services.create_key(user=request.user, **fields)
        return Response({**key_object(key), "key": secret}, status.HTTP_201_CREATED)


class Key(APIView):
    def get(self, request: Request, public_id: str) -> Response:
        read_query(request, Query)
        return Response(key_object(_own_or_managed(request, public_id)))

    def patch(self, request: Request, public_id: str) -> Response:
        key = _managed(request, public_id)
        changed = services.edit_key(key=key, **read_body(request, KeyChange).given())
        return Response(key_object(changed))

    def delete(self, request: Request, public_id: str) -> Response:
        services.revoke_key(key=_managed(request, public_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class RegenerateKey(APIView):
    def post(self, request: Request, public_id: str) -> Response:
        key = _own_or_managed(request, public_id)
        grace = timedelta(seconds=read_body(request, Regeneration).grace_seconds)
        secret = services.regenerate_key(key=key, grace=grace)
        return Response({**key_object(key), "key": secret})


class KeyUsage(APIView):
    def get(self, request: Request, public_id: str) -> Response:
        key = _own_or_managed(request, public_id)
        days = read_query(request, UsageQuery).days
        return Response(usage_object(usage_by_key([key.pk], days=days, now=timezone.now())[key.pk]))


class KeyRequests(APIView):
    def get(self, request: Request, public_id: str) -> Response:
        key = _own_or_managed(request, public_id)
        page = page_of(requests_of_key(key.pk), read_query(request, PageQuery), by="started_at")
        return Response(page.answer(request_object))


def _managed(request: Request, public_id: str) -> ApiKey:
    key = get_key(request.user, public_id)
    require_manage(request.auth)
    return key


def _own_or_managed(request: Request, public_id: str) -> ApiKey:
    key = get_key(request.user, public_id)
    require_self_or_manage(request.auth, key)
    return key
