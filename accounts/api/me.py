"""`/api/auth/me`: who is asking. A key may read it; only the person at the browser may change it."""

from typing import Any

from msgspec import UNSET, UnsetType
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import is_verified, preferences_of
from accounts.models import User
from accounts.profile.services import update_profile
from accounts.two_factor.devices import has_second_factor
from portal.web.errors import NotAllowed
from portal.web.reading import Body, Query, read_body, read_query
from portal.web.times import rfc3339

Text = str | UnsetType


class Change(Body, frozen=True):
    name: Text = UNSET
    language: Text = UNSET
    time_zone: Text = UNSET
    theme: Text = UNSET
    default_model: Text = UNSET
    instructions: Text = UNSET


class Me(APIView):
    def get(self, request: Request) -> Response:
        read_query(request, Query)
        return Response(person_object(request.user))

    def patch(self, request: Request) -> Response:
        if request.auth is not None:
            raise NotAllowed("An API key cannot change who it belongs to: sign in for this.")
        update_profile(user=request.user, changes=read_body(request, Change).given())
        return Response(person_object(request.user))


def person_object(user: User) -> dict[str, Any]:
    chosen = preferences_of(user)
    return {
        "id": user.public_id,
        "name": user.name,
        "email": user.email,
        "emailVerified": is_verified(user),
        "twoFactorEnabled": has_second_factor(user),
        "isOperator": user.is_staff,
        "language": chosen.language,
        "timeZone": chosen.time_zone,
        "theme": chosen.theme,
        "defaultModel": chosen.default_model,
        "instructions": chosen.instructions,
        "createdAt": rfc3339(user.date_joined),
    }
