"""Forgotten passwords, for the JSON API; the pages go through the same allauth flows."""

from allauth.account.adapter import get_adapter
from allauth.account.forms import ResetPasswordForm, UserTokenForm
from allauth.account.internal.flows.password_reset import finalize_password_reset, reset_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts.attempts import count_attempt
from accounts.registration import checked_email, require_valid
from portal.web.errors import BadParameter

MAX_PASSWORD = 4096


def forgot_password(request: HttpRequest, *, email: str) -> None:
    """Mails a link, or that there is no account."""
    email = checked_email(email)
    count_attempt(request, "reset_password", key=email)
    form = ResetPasswordForm(data={"email": email})
    require_valid(form)
    form.save(request)


def reset_forgotten_password(request: HttpRequest, *, token: str, password: str) -> None:
    """`token` is the end of the mailed link. The second factor stays as it is."""
    count_attempt(request, "reset_password_from_key")
    uid, _, key = token.partition("-")
    form = UserTokenForm(data={"uidb36": uid, "key": key})
    if "\0" in token or not form.is_valid():
        raise BadParameter("token: this link has expired or was used already.", "token")
    _require_good(password, form.reset_user)
    reset_password(form.reset_user, password)
    finalize_password_reset(request, form.reset_user)


def _require_good(password: str, user: object) -> None:
    if len(password) > MAX_PASSWORD or "\0" in password:
        raise BadParameter(f"password: at most {MAX_PASSWORD} characters, none of them NUL.", "password")
    try:
        get_adapter().clean_password(password, user)
    except ValidationError as error:
        raise BadParameter(f"password: {' '.join(error.messages)}", "password") from None
