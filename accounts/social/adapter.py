"""Where allauth asks us about people who come by Google, GitHub or the company's own sign-in (Z05)."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.http import HttpRequest

from accounts.models import User
from portal.web.text import one_line

_NAME_LENGTH = 150


class SocialAdapter(DefaultSocialAccountAdapter):
    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Keeps one address, and no token: what we do not store nobody can steal (K02)."""
        sociallogin.token = None
        if sociallogin.is_existing:
            return
        address = _address(sociallogin)
        sociallogin.email_addresses = [address] if address else []
        sociallogin.user.email = address.email if address else ""  # type: ignore[union-attr]

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        user = super().populate_user(request, sociallogin, data)
        name = data.get("name") or sociallogin.account.extra_data.get("name")
        user.name = one_line(name, _NAME_LENGTH) if isinstance(name, str) else ""
        return user

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        return "/profile/connections"


def _address(sociallogin: SocialLogin) -> EmailAddress | None:
    """One that the provider has verified, its first choice before others."""
    addresses = sociallogin.email_addresses
    for address in addresses:
        address.email = address.email.lower()
        address.verified = _is_true(address.verified) and _is_true(_claim(sociallogin, address.verified))
        address.primary = _is_true(address.primary)
    addresses.sort(key=lambda address: (not address.verified, not address.primary))
    return addresses[0] if addresses else None


def _claim(sociallogin: SocialLogin, otherwise: Any) -> Any:
    """`email_verified` as the provider sent it: some write the text "false", which Python takes for true."""
    data = sociallogin.account.extra_data
    for claims in (data.get("userinfo"), data.get("id_token"), data):
        if isinstance(claims, dict) and "email_verified" in claims:
            return claims["email_verified"]
    return otherwise


def _is_true(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")
