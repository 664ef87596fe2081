"""Account pages that say more than allauth's own."""

from typing import Any

from allauth.account.views import EmailVerificationSentView
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.adapters import OUTBOX_LINK
from accounts.registration import resend_verification
from portal.web.errors import ApiError


class ResendForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("Email"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


class VerificationSentPage(EmailVerificationSentView):
    """POST sends the mail again."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        link = self.request.session.get(OUTBOX_LINK)
        kwargs.setdefault("form", ResendForm())
        return super().get_context_data(**kwargs, outbox_link=link)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ResendForm(request.POST)
        if form.is_valid():
            try:
                resend_verification(request, email=form.cleaned_data["email"])
            except ApiError as error:
                form.add_error("email", str(error))
            else:
                messages.success(request, _("If the address waits for it, another mail is on its way."))
                return redirect("account_email_verification_sent")
        return self.render_to_response(self.get_context_data(form=form))
