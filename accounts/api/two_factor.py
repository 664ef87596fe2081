"""`/api/auth/2fa/…`: for a browser session; an API key says nothing about the person at the keyboard."""

from typing import Any

from django.http import HttpRequest
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.authentication import CookieAuthentication
from accounts.two_factor import enrolment, passkeys
from accounts.two_factor.confirming import require_recent_or
from accounts.two_factor.subject import Subject, passed, subject_of
from accounts.two_factor.verification import verify_code
from portal.web.errors import NotAllowed
from portal.web.reading import Body, read_body


class Confirmation(Body, frozen=True):
    """Either shows who is asking, when the sign-in is some time ago."""

    password: str = ""
    code: str = ""


class Code(Body, frozen=True, kw_only=True):
    code: str
    trust_browser: bool = False


class NewPasskey(Body, frozen=True, kw_only=True):
    credential: dict[str, Any]
    name: str = ""


class Passkey(Body, frozen=True, kw_only=True):
    credential: dict[str, Any]
    trust_browser: bool = False


class SecondFactorView(APIView):
    """The session decides, not the user alone: it may be half-way there."""

    authentication_classes = [CookieAuthentication]
    permission_classes = [AllowAny]

    def changing(self, request: Request, confirmation: Confirmation | None = None) -> Subject:
        """Who may change their second factor now."""
        subject = subject_of(_django(request))
        if subject.pending is None:
            given = confirmation or Confirmation()
            require_recent_or(_django(request), password=given.password, code=given.code)
        elif not subject.must_set_up:
            raise NotAllowed("Show your second factor first.")
        return subject


class Setup(SecondFactorView):
    def post(self, request: Request) -> Response:
        subject = self.changing(request, read_body(request, Confirmation))
        device = enrolment.begin_authenticator(_django(request).session, user=subject.user)
        return Response(
            {
                "secret": enrolment.secret_of(device),
                "qrCode": enrolment.qr_code(device),
                "otpauthUrl": device.config_url,
            }
        )


class Verify(SecondFactorView):
    """Confirms what was set up, or passes the second step of signing in."""

    def post(self, request: Request) -> Response:
        body = read_body(request, Code)
        subject, session = subject_of(_django(request)), _django(request).session
        codes: list[str] = []
        device: Any
        if subject.must_set_up or (
            subject.pending is None and enrolment.unconfirmed_of(session, subject.user)
        ):
            subject = self.changing(request)
            device, codes = enrolment.confirm_authenticator(session, user=subject.user, code=body.code)
        else:
            device = verify_code(_django(request), user=subject.user, code=body.code)
        return _passed(request, subject, device, trusts=body.trust_browser, codes=codes)


class Disable(SecondFactorView):
    def post(self, request: Request) -> Response:
        subject = self.changing(request, read_body(request, Confirmation))
        enrolment.remove_everything(user=subject.user)
        return Response({"enabled": False})


class RegisterPasskey(SecondFactorView):
    """Without a credential: the options for `navigator.credentials.create`."""

    def post(self, request: Request) -> Response:
        subject = self.changing(request)
        if not request.body:
            return Response(passkeys.begin_registration(_django(request), user=subject.user))
        body = read_body(request, NewPasskey)
        passkey = passkeys.finish_registration(
            _django(request), user=subject.user, name=body.name, credential=body.credential
        )
        codes = enrolment.new_backup_codes(user=subject.user)
        return _passed(request, subject, passkey, trusts=False, codes=codes)


class UsePasskey(SecondFactorView):
    """Without a credential: the options for `navigator.credentials.get`."""

    def post(self, request: Request) -> Response:
        subject = subject_of(_django(request))
        if not request.body:
            return Response(passkeys.begin_assertion(_django(request), user=subject.user))
        body = read_body(request, Passkey)
        passkey = passkeys.finish_assertion(_django(request), user=subject.user, credential=body.credential)
        return _passed(request, subject, passkey, trusts=body.trust_browser, codes=[])


def _passed(request: Request, subject: Subject, device: Any, *, trusts: bool, codes: list[str]) -> Response:
    onward = passed(_django(request), subject, device, trusts=trusts)
    answer = Response({"verified": True, "backupCodes": codes, "redirect": onward["location"]})
    answer.cookies = onward.cookies
    return answer


def _django(request: Request) -> HttpRequest:
    return request._request
