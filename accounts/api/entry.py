"""`/api/auth/…` for people on their way in. None of them tells whether an account exists."""

from typing import Any

from django.conf import settings
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import passwords, registration
from accounts.api.authentication import CookieAuthentication
from portal.web.reading import Body, read_body


class Registration(Body, frozen=True, kw_only=True):
    email: str
    password: str
    name: str = ""


class Token(Body, frozen=True, kw_only=True):
    token: str


class Email(Body, frozen=True, kw_only=True):
    email: str


class NewPassword(Body, frozen=True, kw_only=True):
    token: str
    password: str


class EntryView(APIView):
    authentication_classes = [CookieAuthentication]
    permission_classes = [AllowAny]

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """A caller without a session gets none: its next call would need a CSRF token."""
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            request._request.session.flush()
        return super().finalize_response(request, response, *args, **kwargs)


class Register(EntryView):
    def post(self, request: Request) -> Response:
        body = read_body(request, Registration)
        made = registration.register(
            request._request, name=body.name, email=body.email, password=body.password
        )
        answer = {
            "id": made.id,
            "name": made.name,
            "email": made.email,
            "requiresVerification": registration.is_verification_required(),
        }
        return Response(answer, status.HTTP_201_CREATED)


class VerifyEmail(EntryView):
    def post(self, request: Request) -> Response:
        token = read_body(request, Token).token
        return Response({"verified": True, "email": registration.verify_email(request._request, token=token)})


class ResendVerification(EntryView):
    def post(self, request: Request) -> Response:
        registration.resend_verification(request._request, email=read_body(request, Email).email)
        return Response({"sent": True}, status.HTTP_202_ACCEPTED)


class ForgotPassword(EntryView):
    def post(self, request: Request) -> Response:
        passwords.forgot_password(request._request, email=read_body(request, Email).email)
        return Response({"sent": True}, status.HTTP_202_ACCEPTED)


class ResetPassword(EntryView):
    def post(self, request: Request) -> Response:
        body = read_body(request, NewPassword)
        passwords.reset_forgotten_password(request._request, token=body.token, password=body.password)
        return Response({"reset": True})
