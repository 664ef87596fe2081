"""What is done to accounts."""

from collections.abc import Callable

from allauth.account.models import EmailAddress
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from accounts.models import User
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
