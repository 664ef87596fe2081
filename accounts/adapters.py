"""Where allauth asks us."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from accounts import signup_policy
from portal.web.client_address import client_address

OUTBOX_LINK = "outbox_link"


class AccountAdapter(DefaultAccountAdapter):
    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """While mail only goes to the outbox, the page that says "check your inbox" shows the link.

        Never a password reset: its page is open to everybody.
        """
        super().send_mail(template_prefix, email, context)
        link = context.get("activate_url") or context.get("signup_url")
        if template_prefix == "account/email/account_already_exists":
            link = self.request.build_absolute_uri("/login")
        if settings.MAIL_OUTBOX and link:
            self.request.session[OUTBOX_LINK] = link

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return signup_policy.is_open(request)

    def get_client_ip(self, request: HttpRequest) -> str | None:
        """Rate limits count by the caller's address, not by our proxy's."""
        return client_address(
            request.META.get("REMOTE_ADDR", ""),
            request.META.get("HTTP_X_FORWARDED_FOR", ""),
            settings.TRUSTED_PROXIES,
        )
