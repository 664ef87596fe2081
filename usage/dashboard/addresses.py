"""Addresses of the same page that ask for something else, and what its forms keep of it."""

from collections.abc import Iterable

from django.http import QueryDict

PERIOD = ("period", "from", "to", "by")
# What asks for a part is no address to come back to.
_PASSING = ("part", "seen", "cursor", "table")


def changed(query: QueryDict, **changes: str) -> str:
    """`?…` with these parameters set, or left out where they are empty."""
    said = query.copy()
    for name in _PASSING:
        said.pop(name, None)
    for name, value in changes.items():
        said.pop(name, None)
        if value:
            said[name] = value
    return f"?{said.urlencode()}"


def kept(query: QueryDict, names: Iterable[str]) -> list[tuple[str, str]]:
    return [(name, query[name]) for name in names if query.get(name)]
