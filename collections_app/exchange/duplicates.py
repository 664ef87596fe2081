"""What a person has already: the same type with the same content, or with a file of the same bytes."""

from collections.abc import Collection, Iterator, Sequence
from hashlib import md5
from typing import TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import MD5

from accounts.access import User
from collections_app.files import file_of, keeper
from collections_app.models import ContentItem

T = TypeVar("T")
# A type, and a content or the digest of a file's bytes.
Same = tuple[str, str]
# So many parameters every database takes.
_AT_ONCE = 500


def same_contents(rows: QuerySet[ContentItem], wanted: Collection[Same]) -> dict[Same, ContentItem]:
    """Of the rows, the items that are one of these; the oldest counts. One pass over them, in which only
    digests leave the database."""
    digests = {md5(content.encode(), usedforsecurity=False).hexdigest() for _, content in wanted}
    kinds = {kind for kind, _ in wanted}
    told = rows.filter(type__in=kinds).annotate(digest=MD5("content")).order_by("created_at", "pk")
    likely = [pk for pk, digest in told.values_list("pk", "digest").iterator() if digest in digests]
    alike = ((each.type, each.content, each) for each in _by_key(rows, likely))
    found: dict[Same, ContentItem] = {}
    for kind, content, item in alike:
        if (kind, content) in wanted:
            found.setdefault((kind, content), item)
    return found


def same_files(user: User, rows: QuerySet[ContentItem], digests: Collection[str]) -> dict[Same, ContentItem]:
    """Of the rows, the person's items about files with these bytes."""
    found: dict[Same, ContentItem] = {}
    for some in _some(sorted(digests)):
        for item in _by_key(rows.filter(user=user), keeper().holders(user, some)):
            stored = file_of(item)
            if stored is not None and stored.digest in some:
                found.setdefault((item.type, stored.digest), item)
    return found


def _by_key(rows: QuerySet[ContentItem], keys: Collection[UUID]) -> Iterator[ContentItem]:
    for some in _some(list(keys)):
        yield from sorted(rows.filter(pk__in=some), key=lambda item: (item.created_at, item.pk))


def _some(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
