"""Who and what had how much of all: people, groups, models, deployments."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.contrib.auth.models import Group
from django.http import QueryDict
from django.urls import reverse

from accounts.access import User
from usage.dashboard.addresses import changed
from usage.dashboard.shares import Name, Shares, shares
from usage.reports import Dimension, Figures, Period, Scope, split

Parts = Sequence[tuple[Any, Figures]]
TABLES: Mapping[str, Dimension] = {
    "users": "user",
    "groups": "group",
    "models": "model",
    "deployments": "deployment",
}


def table(name: str, scope: Scope, period: Period, query: QueryDict) -> Shares:
    """Its first rows; what cost most first. Only the deployments' shows times."""
    parts = split(scope, period, TABLES[name], with_times=name == "deployments")
    return shares(parts, _naming(name, parts, query))


def whole_table(name: str, scope: Scope, period: Period) -> list[tuple[str, Figures]]:
    parts = split(scope, period, TABLES[name])
    named = _naming(name, parts, QueryDict())
    return [(named(value).text, figures) for value, figures in parts]


def _naming(name: str, parts: Parts, query: QueryDict) -> Callable[[Any], Name]:
    values = [value for value, _figures in parts]
    match name:
        case "users":
            return _people(values, query)
        case "groups":
            return _groups(values, query)
        case "models":
            return lambda model: Name(model, changed(query, model=model))
        case _:
            # Refused, or answered, before any server was chosen.
            return lambda id: Name(id, changed(query, deployment=id)) if id else Name("none")


def _people(ids: Sequence[Any], query: QueryDict) -> Callable[[Any], Name]:
    emails = dict(User.objects.filter(pk__in=ids).values_list("pk", "email"))

    def named(user_id: Any) -> Name:
        email = emails[user_id]
        page = reverse("admin:accounts_user_change", args=[user_id])
        return Name(email, changed(query, user=email), page)

    return named


def _groups(ids: Sequence[Any], query: QueryDict) -> Callable[[Any], Name]:
    names = dict(Group.objects.filter(pk__in=ids).values_list("pk", "name"))

    def named(group_id: Any) -> Name:
        page = reverse("admin:auth_group_change", args=[group_id])
        return Name(names[group_id], changed(query, group=str(group_id)), page)

    return named
