"""Passkeys (WebAuthn): django-otp-webauthn's model and ceremonies, behind our own doors."""

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django_otp_webauthn.exceptions import OTPWebAuthnApiError
from django_otp_webauthn.helpers import WebAuthnHelper
from django_otp_webauthn.models import WebAuthnCredential
from django_otp_webauthn.utils import rewrite_exceptions

from accounts.models import User
from accounts.two_factor.devices import passkeys_of
from accounts.two_factor.notices import note_added
from portal.web.errors import BadParameter
from portal.web.text import require_plain_text

MAX_PASSKEYS = 20
MAX_NAME = 64
_REGISTRATION, _ASSERTION = "passkey_registration", "passkey_assertion"


class PasskeyHelper(WebAuthnHelper):
    """A passkey belongs to the name the portal is open under; Django has checked that it is one of ours."""

    def get_relying_party_domain(self) -> str:
        return host_name(self.request)

    def get_allowed_origins(self) -> list[str]:
        return [f"{self.request.scheme}://{self.request.get_host()}", settings.BASE_URL]


def host_name(request: HttpRequest) -> str:
    return urlsplit(f"//{request.get_host()}").hostname or ""


def are_possible(request: HttpRequest) -> bool:
    """Browsers make passkeys for names only, never for bare addresses."""
    try:
        ip_address(host_name(request))
    except ValueError:
        return True
    return False


def begin_registration(request: HttpRequest, *, user: User) -> dict[str, Any]:
    """What `navigator.credentials.create` takes."""
    if passkeys_of(user).count() >= MAX_PASSKEYS:
        raise BadParameter(_("You have %(count)s passkeys; remove one first.") % {"count": MAX_PASSKEYS})
    options, request.session[_REGISTRATION] = PasskeyHelper(request).register_begin(user=user)
    return options


def finish_registration(
    request: HttpRequest, *, user: User, name: str, credential: dict[str, Any]
) -> WebAuthnCredential:
    name = checked_name(name)
    state = _taken_state(request, _REGISTRATION)
    with _refusals():
        passkey = PasskeyHelper(request).register_complete(user=user, state=state, data=credential)
    passkey.name = name
    passkey.save(update_fields=["name"])
    note_added(user=user, details={"kind": "passkey", "name": name})
    return passkey


def begin_assertion(request: HttpRequest, *, user: User) -> dict[str, Any]:
    """What `navigator.credentials.get` takes."""
    options, request.session[_ASSERTION] = PasskeyHelper(request).authenticate_begin(
        user=user, require_user_verification=False
    )
    return options


def finish_assertion(request: HttpRequest, *, user: User, credential: dict[str, Any]) -> WebAuthnCredential:
    state = _taken_state(request, _ASSERTION)
    with _refusals():
        passkey = PasskeyHelper(request).authenticate_complete(user=user, state=state, data=credential)
    if not passkey.confirmed:
        raise _refused()
    return passkey


def checked_name(name: str) -> str:
    name = name.strip() or _("Passkey")
    require_plain_text(name, "name")
    if len(name) > MAX_NAME:
        raise BadParameter(f"name: at most {MAX_NAME} characters.", "name")
    return name


def _taken_state(request: HttpRequest, key: str) -> dict[str, Any]:
    """A challenge is answered once, rightly or wrongly."""
    state = request.session.pop(key, None)
    request.session.save()
    if state is None:
        raise _refused()
    return state


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        with rewrite_exceptions(logger=None):
            yield
    except (OTPWebAuthnApiError, ValueError, KeyError, TypeError):
        raise _refused() from None


def _refused() -> BadParameter:
    return BadParameter(_("This passkey could not be checked. Please try again."), "credential")
