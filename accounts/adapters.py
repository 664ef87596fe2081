"""Where allauth asks us."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest
from django.urls import reverse

from accounts import signup_policy
from accounts.profile.language import in_language_of
from accounts.two_factor.recency import is_recent
from accounts.two_factor.stage import mark_verified
from portal.web.client_address import client_address

OUTBOX_LINK = "outbox_link"


class AccountAdapter(DefaultAccountAdapter):
    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """While mail only goes to the outbox, the page that says "check your inbox" shows the link.

        Never a password reset: its page is open to everybody.
        """
        with in_language_of(context.get("user")):
            super().send_mail(template_prefix, email, context)
        link = context.get("activate_url") or context.get("signup_url")
        if template_prefix == "account/email/account_already_exists":
            link = self.request.build_absolute_uri("/login")
        if settings.MAIL_OUTBOX and link:
            self.request.session[OUTBOX_LINK] = link

    def send_account_already_exists_mail(self, email: str) -> None:
        """As slow as making an account, which hashes a password: time tells nothing either (L05)."""
        make_password(email)
        self.tell_owner(email)

    def tell_owner(self, email: str) -> None:
        """That there is an account with the address already."""
        super().send_account_already_exists_mail(email)

    def login(self, request: HttpRequest, user: Any) -> None:
        super().login(request, user)
        mark_verified(request)

    def get_login_stages(self) -> list[str]:
        """The second factor comes last, so that nothing else is left to skip it by."""
        return [*super().get_login_stages(), "accounts.two_factor.stage.SecondFactorStage"]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """To change an address or a linked account it is enough to have signed in lately.

        What is worse, such as deleting the account, names no app and is confirmed for itself.
        """
        return not app or not is_recent(self.request)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """One page for all: it asks for what the person has."""
        url = reverse("account_reauthenticate")
        return [{"id": "reauthenticate", "url": url}] if user.is_authenticated else []

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return signup_policy.is_open(request)

    def get_client_ip(self, request: HttpRequest) -> str | None:
        """Rate limits count by the caller's address, not by our proxy's."""
        return client_address(
            request.META.get("REMOTE_ADDR", ""),
            request.META.get("HTTP_X_FORWARDED_FOR", ""),
            settings.TRUSTED_PROXIES,
        )
