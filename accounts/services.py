"""What is done to accounts."""

from collections.abc import Callable

from allauth.account.forms import ResetPasswordForm
from allauth.account.models import EmailAddress
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.http import HttpRequest

from accounts.browsers.services import sign_out_everywhere
from accounts.models import User
from accounts.security_log import Event, record
from portal.web.errors import BadParameter


def create_verified_user(*, email: str, password: str, is_operator: bool = False) -> User:
    """Raises `BadParameter` for an address or password that cannot be used."""
    email = email.strip().lower()
    _check("email", lambda: validate_email(email))
    _check("password", lambda: password_validation.validate_password(password, User(email=email)))
    if User.objects.filter(email__iexact=email).exists():
        raise BadParameter(f"{email} already has an account.", "email")
    with transaction.atomic():
        user = User.objects.create_user(email, password, is_staff=is_operator, is_superuser=is_operator)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def ensure_operator(*, email: str, password: str) -> User:
    """Makes the account an operator, and creates it when it is not there. A password once set stays."""
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        return create_verified_user(email=email, password=password, is_operator=True)
    if not (user.is_staff and user.is_superuser):
        user.is_staff = user.is_superuser = True
        user.save(update_fields=["is_staff", "is_superuser"])
    return user


def has_operator() -> bool:
    return User.objects.filter(is_superuser=True, is_active=True).exists()


def _check(param: str, validate: Callable[[], None]) -> None:
    try:
        validate()
    except ValidationError as error:
        raise BadParameter(f"{param}: {' '.join(error.messages)}", param) from error


def disable_user(*, user: User, by: User, request: HttpRequest | None = None) -> None:
    """Keys are dead with the next request; sessions, sockets and answers being written end within
    seconds (battery Z02)."""
    with transaction.atomic():
        user.is_active = False
        user.save(update_fields=["is_active"])
        sign_out_everywhere(user=user)
        record(user=user, event=Event.DISABLED, actor=by, request=request)


def enable_user(*, user: User, by: User, request: HttpRequest | None = None) -> None:
    user.is_active = True
    user.save(update_fields=["is_active"])
    record(user=user, event=Event.ENABLED, actor=by, request=request)


def require_password_reset(*, user: User, by: User, request: HttpRequest) -> None:
    """The old password is dead, every browser is signed out, and a mail says how to choose a new one."""
    with transaction.atomic():
        user.set_unusable_password()
        user.save(update_fields=["password"])
        sign_out_everywhere(user=user)
        record(user=user, event=Event.PASSWORD_RESET_REQUIRED, actor=by, request=request)
    form = ResetPasswordForm({"email": user.email})
    if form.is_valid():
        form.save(request)
