"""From what a file says of its items to the fields of new ones, and their files stored."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.access import User
from collections_app.access import items_of
from collections_app.definition import MAX_TITLE, checked_item
from collections_app.exchange.definition import Entry
from collections_app.exchange.duplicates import Same, same_files
from collections_app.exchange.reading import Skipped
from collections_app.exchange.unpacking import Package
from collections_app.files import FILES, keeper
from portal.web.errors import BadParameter, TooLarge
from portal.web.text import one_line


@dataclass(frozen=True)
class Draft:
    """`values` lack the content of a file that the person has already, which is looked up by what it is the
    `same` as."""

    values: dict[str, Any]
    same: Same
    is_file: bool = False


class Drafting:
    """`received` are the addresses of files that were stored, `skipped` are entries that make no item."""

    def __init__(self, user: User, package: Package | None) -> None:
        self._user, self._package = user, package
        self._digests: dict[str, str] = {}
        self._addresses: dict[str, str] = {}
        self._known: set[Same] = set()
        self.skipped: list[Skipped] = []

    @property
    def received(self) -> list[str]:
        return list(self._addresses.values())

    def drafts(self, entries: Sequence[Entry]) -> list[Draft]:
        self._measure(entries)
        self._known = set(same_files(self._user, items_of(self._user), set(self._digests.values())))
        drafts = []
        for entry in entries:
            try:
                drafts.append(self._of_file(entry) if entry.file else self._of_text(entry))
            except (BadParameter, TooLarge) as error:
                self.skipped.append(Skipped(one_line(entry.title, MAX_TITLE), str(error)))
        return drafts

    def _measure(self, entries: Sequence[Entry]) -> None:
        for place in filter(None, (entry.file for entry in entries)):
            if self._package and place.path not in self._digests and self._package.has(place.path):
                with self._package.file(place.path) as copy:
                    self._digests[place.path] = hashlib.file_digest(copy, "sha256").hexdigest()

    def _of_text(self, entry: Entry) -> Draft:
        fields = entry.fields()
        if entry.type in FILES:
            fields["content"] = self._address(entry.content.strip())
        values = checked_item(self._user, fields)
        return Draft(values, (values["type"], values["content"]))

    def _address(self, said: str) -> str:
        """Of a file that is the person's already, or lies elsewhere."""
        address = said.removeprefix(settings.BASE_URL)
        is_ours = address.startswith("/uploads/")
        if is_ours and keeper().find(self._user, address) is None:
            raise BadParameter(_("Its file is not in what you import: export it as ZIP."))
        return address if is_ours else said

    def _of_file(self, entry: Entry) -> Draft:
        digest = self._digests.get(entry.file.path) if entry.file else None
        if digest is None or entry.type not in FILES:
            raise BadParameter(_("Its file is not in the ZIP file."))
        # What is wrong with the rest is found before anything is stored.
        values = checked_item(self._user, {**entry.fields(), "content": digest})
        same = (values["type"], digest)
        if same in self._known:
            del values["content"]
        else:
            values["content"] = self._stored(entry, digest)
        return Draft(values, same, is_file=True)

    def _stored(self, entry: Entry, digest: str) -> str:
        """Once, however many items are about it."""
        if digest not in self._addresses and self._package and entry.file:
            with self._package.file(entry.file.path) as copy:
                size = copy.seek(0, io.SEEK_END)
                copy.seek(0)
                self._addresses[digest] = keeper().receive(self._user, entry.file.name, copy, size)
        return self._addresses[digest]
