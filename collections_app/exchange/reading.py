"""What is in a file that somebody brought: a collection, as ZIP or Markdown, or any other Markdown."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

import msgspec
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _

from collections_app.collecting import MAX_ITEMS
from collections_app.definition import MAX_TITLE
from collections_app.exchange import markdown
from collections_app.exchange.definition import FORMAT, MAX_TEXT, VERSION, About, Entry, Head, Manifest
from collections_app.exchange.unpacking import Package, is_zip, opened, refused
from portal.web.text import one_line

_HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)


@dataclass(frozen=True)
class Skipped:
    title: str
    reason: str


@dataclass
class Brought:
    """`about` is None for what is no collection. `package` has the files that entries name."""

    about: dict[str, Any] | None
    entries: list[Entry]
    package: Package | None = None
    skipped: list[Skipped] = field(default_factory=list)


@contextmanager
def brought(file: IO[bytes], name: str) -> Iterator[Brought]:
    """Raises `BadParameter` for a file that nothing can be read from."""
    if is_zip(file):
        with opened(file) as package:
            yield _manifest(package)
        return
    data = file.read(MAX_TEXT + 1)
    if len(data) > MAX_TEXT:
        raise refused(_("The file is too large."))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refused(_("The file is neither a ZIP file nor text in UTF-8.")) from None
    yield _collection(text) if markdown.recognises(text) else _note(text, name)


def _manifest(package: Package) -> Brought:
    data = package.manifest()
    try:
        head = msgspec.json.decode(data, type=Head)
        _require_known(head.format, head.version)
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        words = _("The manifest.json in the ZIP file cannot be read: %(reason)s.")
        raise refused(words % {"reason": str(error).rstrip(".")[:200]}) from None
    _require_few(len(manifest.items))
    return Brought(manifest.collection.fields(), manifest.items, package)


def _collection(text: str) -> Brought:
    try:
        head, *sections = markdown.read(text)
        about = msgspec.convert({"version": 0, **(head.data or {})}, _MarkdownHead)
    except (ValueError, TypeError, msgspec.ValidationError):
        raise refused(_("The first lines of the file are not those of a collection.")) from None
    _require_known(FORMAT, about.version)
    _require_few(len(sections))
    told = About(head.title, head.description, about.color, about.icon)
    found = Brought(told.fields(), [])
    for section in sections:
        said = {"title": section.title, "description": section.description, "content": section.content}
        try:
            if section.data is None:
                raise ValueError
            found.entries.append(msgspec.convert({"type": "NOTE", **section.data, **said}, Entry))
        except (ValueError, msgspec.ValidationError):
            title = one_line(section.title, MAX_TITLE)
            found.skipped.append(Skipped(title, _("These lines are no item, or not a whole one.")))
    return found


class _MarkdownHead(msgspec.Struct):
    version: int
    color: str | None = None
    icon: str | None = None


def _note(text: str, name: str) -> Brought:
    """Called as its first heading is, or as the file."""
    heading = _HEADING.search(text[:10_000])
    title = one_line(heading[1] if heading else "", MAX_TITLE)
    stem = re.split(r"[/\\]", name)[-1].rpartition(".")[0] or name
    title = title or one_line(stem, MAX_TITLE) or _("Imported note")
    return Brought(None, [Entry(type="NOTE", title=title, content=text)])


def _require_known(format: str, version: int) -> None:
    if format != FORMAT:
        raise refused(_("It is no collection of this portal's."))
    if version != VERSION:
        raise refused(_("A later portal made this file, and this one cannot read it."))


def _require_few(number: int) -> None:
    if number > MAX_ITEMS:
        words = _("The file has %(number)s items; %(most)s are read at most.")
        raise refused(words % {"number": intcomma(number), "most": intcomma(MAX_ITEMS)})
