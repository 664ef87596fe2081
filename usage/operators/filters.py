"""Which requests an operator asks for: the query parameters `user`, `group`, `model` and `deployment`."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.auth.models import Group

from accounts.access import User, find_user_by_email
from portal.web.errors import BadParameter
from portal.web.text import one_line
from usage.reports import Period, Scope, split

FILTERS = ("user", "group", "model", "deployment")
_LONGEST = 300


@dataclass(frozen=True)
class Filters:
    """What is chosen, and what there is to choose of each."""

    scope: Scope
    user: User | None
    group: Group | None
    groups: list[Group]
    models: list[str]
    deployments: list[str]

    @property
    def is_narrowed(self) -> bool:
        return self.scope != Scope()


def filters_of(query: Mapping[str, str], period: Period) -> Filters:
    """Raises `BadParameter`. To choose from there are the models and deployments of that time."""
    email, number, model, deployment = (one_line(query.get(name, ""), _LONGEST) for name in FILTERS)
    user, group = _user(email), _group(number)
    scope = Scope(
        user_id=user.pk if user else None,
        group_id=group.pk if group else None,
        model=model or None,
        deployment=deployment or None,
    )
    models = {str(name) for name, _figures in split(Scope(), period, "model", with_times=False)}
    deployments = {str(name) for name, _figures in split(Scope(), period, "deployment", with_times=False)}
    return Filters(
        scope,
        user,
        group,
        list(Group.objects.order_by("name")),
        sorted(filter(None, {*models, model})),
        sorted(filter(None, {*deployments, deployment})),
    )


def _user(email: str) -> User | None:
    if not email:
        return None
    user = find_user_by_email(email)
    if user is None:
        raise BadParameter(f"There is no account for {email}.", "user")
    return user


def _group(number: str) -> Group | None:
    if not number:
        return None
    is_number = number.isascii() and number.isdigit() and len(number) < 10
    group = Group.objects.filter(pk=number).first() if is_number else None
    if group is None:
        raise BadParameter("There is no such group.", "group")
    return group
