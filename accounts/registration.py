"""Signing up and verifying an address, for the JSON API; the pages go through the same allauth flows."""

from dataclasses import dataclass

from allauth.account.adapter import get_adapter
from allauth.account.forms import SignupForm
from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.internal.flows.signup import complete_signup, send_unknown_account_mail
from allauth.account.models import EmailAddress, get_emailconfirmation_model
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.forms import Form
from django.http import HttpRequest

from accounts import signup_policy
from accounts.attempts import count_attempt
from accounts.models import User
from portal.web.errors import BadParameter, NotAllowed
from portal.web.ids import encode, uuid7
from portal.web.text import require_plain_text

MAX_NAME = 150
# What allauth's forms call the fields.
_PARAMETERS = {"password1": "password", "uidb36": "token", "key": "token", "__all__": None}


@dataclass(frozen=True)
class Registered:
    id: str
    name: str
    email: str


def register(request: HttpRequest, *, name: str, email: str, password: str) -> Registered:
    """The same answer for an address that has an account: its owner is told by mail, nobody else."""
    if not signup_policy.is_open(request):
        raise NotAllowed("Sign-up is closed.")
    name = name.strip()
    require_plain_text(name, "name")
    if len(name) > MAX_NAME:
        raise BadParameter(f"name: at most {MAX_NAME} characters.", "name")
    form = SignupForm(data={"email": checked_email(email), "password1": password})
    require_valid(form)
    count_attempt(request, "signup")
    user, _ = form.try_save(request)
    if user is None:
        return Registered(encode(User.id_prefix, uuid7()), name, form.cleaned_data["email"])
    if name:
        user.name = name
        user.save(update_fields=["name"])
    complete_signup(request, user=user)
    return Registered(user.public_id, name, user.email)


def verify_email(request: HttpRequest, *, token: str) -> str:
    """The address that is verified now. `token` is the end of the mailed link."""
    confirmation = get_emailconfirmation_model().from_key(token) if "\0" not in token else None
    address = confirmation.confirm(request) if confirmation else None
    if address is None:
        raise BadParameter("token: this link has expired or was used already.", "token")
    return str(address.email)


def resend_verification(request: HttpRequest, *, email: str) -> None:
    """One mail goes out whatever there is: nobody learns by the answer or its time what that was."""
    email = checked_email(email)
    count_attempt(request, "resend", key=email)
    address = EmailAddress.objects.filter(email=email).order_by("verified").first()
    if address is None:
        send_unknown_account_mail(request, email)
    elif address.verified or not address.user.is_active:
        get_adapter().tell_owner(email)
    else:
        send_verification_email_to_address(request, address)


def is_verification_required() -> bool:
    return bool(settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory")


def checked_email(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise BadParameter(f"email: {' '.join(error.messages)}", "email") from None
    if len(email) > 254:
        raise BadParameter("email: at most 254 characters.", "email")
    return email


def require_valid(form: Form) -> None:
    """The first thing that is wrong, as the JSON API says it."""
    for field, errors in form.errors.items():
        param = _PARAMETERS.get(field, field)
        raise BadParameter(f"{param}: {errors[0]}" if param else str(errors[0]), param)
