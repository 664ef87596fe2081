"""Ten codes for the day the phone is lost; each works once."""

from django.db import transaction
from django.utils.crypto import get_random_string
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken

from accounts.models import Event, User
from accounts.security_log import record

COUNT = 10
LENGTH = 10
# Without what looks alike on paper: about 49 bits a code.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def codes_of(user: User) -> list[str]:
    """Those not used yet."""
    tokens = StaticToken.objects.filter(device__user=user, device__confirmed=True).order_by("pk")
    return [_shown(token) for token in tokens.values_list("token", flat=True)]


@transaction.atomic
def renew_codes(*, user: User) -> list[str]:
    """The old ones are void."""
    device, _ = StaticDevice.objects.get_or_create(user=user, defaults={"name": "Backup codes"})
    StaticToken.objects.filter(device=device).delete()
    codes = [get_random_string(LENGTH, ALPHABET) for _ in range(COUNT)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    record(user=user, event=Event.BACKUP_CODES_CREATED)
    return [_shown(code) for code in codes]


def _shown(code: str) -> str:
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"
