"""A file becomes a collection: all of it or, when anything goes wrong, nothing. What its person has already
is not made again, only put where the file has it."""

from dataclasses import dataclass, field
from typing import IO, Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import User
from collections_app import collecting, files
from collections_app.access import collections_of, get_collection, items_of
from collections_app.definition import checked_collection
from collections_app.exchange.drafts import Draft, Drafting
from collections_app.exchange.duplicates import Same, same_contents, same_files
from collections_app.exchange.reading import Skipped, brought
from collections_app.models import Collection, ContentItem
from collections_app.reach import Reach
from portal.web.errors import BadParameter, Conflict

_AT_ONCE = 500


@dataclass
class Report:
    """`duplicates` were there already. `collection` is None for a note that went into none."""

    collection: Collection | None = None
    created: list[ContentItem] = field(default_factory=list)
    duplicates: list[ContentItem] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def import_file(*, user: User, file: IO[bytes], name: str, collection_id: str | None = None) -> Report:
    """Into that collection; without one into the person's own that is called as the file says, which is made
    if need be. Raises `BadParameter`, `NotFound`, `Conflict` or `Unavailable`."""
    if collection_id is not None:
        get_collection(user, collection_id, Reach.EDIT, param="collectionId")
    with brought(file, name) as found:
        drafting = Drafting(user, found.package)
        try:
            drafts = drafting.drafts(found.entries)
            skipped = [*found.skipped, *drafting.skipped]
            if found.about is None and skipped:
                raise BadParameter(skipped[0].reason, "file")
            return _stored(user, found.about, drafts, collection_id, skipped)
        finally:
            # Of what came to nothing.
            files.keeper().forget(user, drafting.received)


@transaction.atomic
def _stored(
    user: User,
    about: dict[str, Any] | None,
    drafts: list[Draft],
    collection_id: str | None,
    skipped: list[Skipped],
) -> Report:
    # The same file at the same time waits, and then finds everything there.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    report = Report(skipped=skipped)
    if collection_id is None and about is not None:
        collection_id = _own_collection(user, about).public_id
    known = _known(user, drafts)
    every: dict[Any, ContentItem] = {}
    for draft in drafts:
        item = known.get(draft.same)
        if item is None:
            item = known[draft.same] = _new(user, draft)
            report.created.append(item)
        elif item.pk not in every:
            report.duplicates.append(item)
        every[item.pk] = item
    ContentItem.objects.bulk_create(report.created, batch_size=_AT_ONCE)
    for item in report.created:
        if item.type in files.FILES:
            files.hold(item)
    if collection_id is not None:
        items = list(every.values())
        report.collection = collecting.add_items(user=user, collection_id=collection_id, items=items)
    return report


def _own_collection(user: User, about: dict[str, Any]) -> Collection:
    name = checked_collection({"name": about["name"]})["name"]
    return collections_of(user).filter(name=name).first() or collecting.create_collection(user=user, **about)


def _known(user: User, drafts: list[Draft]) -> dict[Same, ContentItem]:
    mine = items_of(user)
    contents = same_contents(mine, {draft.same for draft in drafts if not draft.is_file})
    return contents | same_files(user, mine, {draft.same[1] for draft in drafts if draft.is_file})


def _new(user: User, draft: Draft) -> ContentItem:
    if "content" not in draft.values:
        raise Conflict(_("Something was deleted while the file was read: import it again."))
    return ContentItem(user=user, **draft.values)
