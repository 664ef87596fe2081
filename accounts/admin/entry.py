"""Who may come in: invitations and the sign-up policy."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.html import format_html

from accounts import invitations
from accounts.models import Invitation, SignupMode, SignupPolicy


class InvitationForm(forms.ModelForm):
    send_mail = forms.BooleanField(
        required=False,
        initial=True,
        help_text="To the address above. The link is shown to you as well, once.",
    )

    class Meta:
        model = Invitation
        fields = ("email", "groups", "expires_at")


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin):
    """To take one back, delete it."""

    form = InvitationForm
    list_display = ("__str__", "invited_by", "created_at", "expires_at", "accepted_at", "accepted_by")
    list_select_related = ("invited_by", "accepted_by")
    search_fields = ("email", "accepted_by__email")
    filter_horizontal = ("groups",)

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False

    def get_form(
        self, request: HttpRequest, obj: Invitation | None = None, change: bool = False, **options: Any
    ) -> Any:
        if obj is not None:
            options["form"] = forms.ModelForm
        return super().get_form(request, obj, change, **options)

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        made, link = invitations.invite(
            by=request.user, email=obj.email, expires_at=obj.expires_at, request=request
        )
        obj.pk, obj.token_digest = made.pk, made.token_digest
        obj._state.adding = False
        text = "Invitation link, shown this once and working once: <a href='{}' id='invitation-link'>{}</a>"
        messages.success(request, format_html(text, link, link))
        if made.email and form.cleaned_data["send_mail"]:
            self._send(request, made, link)

    def _send(self, request: HttpRequest, invitation: Invitation, link: str) -> None:
        try:
            invitations.send(invitation=invitation, link=link)
        except OSError:
            messages.error(request, "The mail could not be sent: pass the link on yourself.")


class SignupPolicyForm(forms.ModelForm):
    class Meta:
        model = SignupPolicy
        fields = ("mode", "domains")

    def clean_domains(self) -> str:
        domains = [line.strip().lower().lstrip("@") for line in self.cleaned_data["domains"].split()]
        if any("." not in domain or "/" in domain or "@" in domain for domain in domains):
            raise forms.ValidationError("One domain a line, such as example.org.")
        if self.cleaned_data.get("mode") == SignupMode.DOMAINS and not domains:
            raise forms.ValidationError("Name at least one domain.")
        return "\n".join(domains)


@admin.register(SignupPolicy)
class SignupPolicyAdmin(admin.ModelAdmin):
    """Without a row the environment decides (`PORTAL_SIGNUP`)."""

    form = SignupPolicyForm
    list_display = ("mode", "domains")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not SignupPolicy.objects.exists()
