"""Account pages that say more than allauth's own."""

from typing import Any

from allauth.account.views import EmailVerificationSentView

from accounts.adapters import OUTBOX_LINK


class VerificationSentPage(EmailVerificationSentView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        link = self.request.session.get(OUTBOX_LINK)
        return super().get_context_data(**kwargs, outbox_link=link)
