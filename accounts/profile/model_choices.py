"""Which models a person can choose as theirs. The catalogue lies above accounts, so it tells us."""

from collections.abc import Callable

from accounts.models import User

ModelNames = Callable[[User], list[str]]
_offers: list[ModelNames] = []


def offer(names: ModelNames) -> None:
    _offers.append(names)


def models_offered_to(user: User) -> list[str]:
    return [name for names in _offers for name in names(user)]
