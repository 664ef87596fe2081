"""What a key looks like, and that only its hash is kept (battery K01)."""

import re
from typing import Any

from apikeys import secrets
from apikeys.access import find_by_secret
from apikeys.models import ApiKey
from apikeys.services import create_key


def test_it_works() -> None:
    secret = secrets.generate()
    assert re.fullmatch(r"sk-wm-[0-9A-Za-z]{46}", secret)
    assert secrets.is_well_formed(secret)


def test_a_typo_fails_without_a_look_up() -> None:
    secret = secrets.generate()
    for position in range(len(secret)):
        other = "x" if secret[position] != "x" else "y"
        assert not secrets.is_well_formed(secret[:position] + other + secret[position + 1 :])
    for nonsense in ("", "sk-wm-", secret + "x", secret[:-1], "é" * len(secret)):
        assert not secrets.is_well_formed(nonsense)


def test_only_the_hash_is_stored(alice: Any) -> None:
    key, secret = create_key(user=alice, name="k", permissions=["chat"])
    row = ApiKey.objects.filter(pk=key.pk).values().get()
    assert secret not in str(row)
    assert secret[6:40] not in str(row)
    assert find_by_secret(secret) == key
    assert find_by_secret(secrets.generate()) is None
