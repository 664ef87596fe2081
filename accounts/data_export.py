"""A person's data as a ZIP of JSON and files. Apps add what is theirs in `ready()`: `register`."""

import csv
import io
import json
import logging
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import DataExport, ExportState, User
from accounts.security_log import Event, record
from portal.soon import run_soon
from portal.web.errors import NotFound
from portal.web.ids import decode
from portal.web.spreadsheets import cell

log = logging.getLogger(__name__)
Row = Mapping[str, Any]


class Archive:
    """Written as it comes: nothing of it is ever held in memory whole."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def add_json(self, path: str, value: Any) -> None:
        with self._text(path) as out:
            json.dump(value, out, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)

    def add_rows(self, path: str, rows: Iterable[Row]) -> None:
        """A JSON list, row by row."""
        with self._text(path) as out:
            mark = "["
            for row in rows:
                out.write(mark + "\n" + json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False))
                mark = ","
            out.write("[]\n" if mark == "[" else "\n]\n")

    def add_table(self, path: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """CSV for spreadsheets, in which nothing becomes a formula (battery W09)."""
        with self._text(path) as out:
            table = csv.writer(out)
            table.writerow(columns)
            for row in rows:
                table.writerow([cell(row[column]) for column in columns])

    def add_file(self, path: str, file: IO[bytes]) -> None:
        with self._archive.open(path, "w", force_zip64=True) as out:
            while piece := file.read(1024 * 1024):
                out.write(piece)

    @contextmanager
    def _text(self, path: str) -> Iterator[io.TextIOWrapper]:
        with (
            self._archive.open(path, "w", force_zip64=True) as raw,
            io.TextIOWrapper(raw, encoding="utf-8", newline="") as out,
        ):
            yield out


Exporter = Callable[[User, Archive], None]
_exporters: dict[str, Exporter] = {}


def register(name: str, exporter: Exporter) -> None:
    """`exporter` writes what the app knows of a person under `name/`; secrets stay out."""
    _exporters[name] = exporter


def exports_of(user: User) -> list[DataExport]:
    return list(DataExport.objects.filter(user=user))


def get_export(user: User, public_id: str) -> DataExport:
    export = DataExport.objects.filter(user=user, pk=decode(DataExport.id_prefix, public_id)).first()
    if export is None:
        raise NotFound("There is no such export.")
    return export


def open_export(*, user: User, public_id: str, request: HttpRequest) -> tuple[DataExport, IO[bytes]]:
    """Raises `NotFound` also for one that is not ready, or no longer."""
    export = get_export(user, public_id)
    if not export.is_ready:
        raise NotFound("This export is not there to be downloaded.")
    record(user=user, event=Event.EXPORT_DOWNLOADED, request=request, details={"export": public_id})
    return export, export.file.open("rb")


@transaction.atomic
def begin_export(*, user: User, request: HttpRequest | None = None) -> DataExport:
    """In the background. While one is under way there is no other; it takes the place of earlier ones."""
    User.objects.select_for_update().get(pk=user.pk)
    exports = exports_of(user)
    under_way = next((export for export in exports if export.is_under_way), None)
    if under_way is not None:
        return under_way
    for export in exports:
        export.delete()
    export = DataExport.objects.create(user=user)
    record(user=user, event=Event.EXPORT_REQUESTED, request=request, details={"export": export.public_id})
    run_soon("accounts.tasks.make_export", str(export.pk))
    return export


def make_export(export_id: UUID) -> None:
    rows = DataExport.objects.filter(pk=export_id, state=ExportState.WAITING)
    if not rows.update(state=ExportState.RUNNING, updated_at=timezone.now()):
        return  # delivered twice, or taken back meanwhile
    export = DataExport.objects.select_related("user").get(pk=export_id)
    try:
        with tempfile.TemporaryFile() as file:
            _write(export, file)
            file.seek(0)
            export.file.save("", File(file), save=False)
    except Exception:
        log.exception("The data export %s failed.", export.public_id)
        _note(export, state=ExportState.FAILED)
        return
    expires_at = timezone.now() + settings.EXPORT_LIFETIME
    _note(
        export,
        state=ExportState.READY,
        progress=100,
        file=export.file.name,
        size=export.file.size,
        expires_at=expires_at,
    )


def _write(export: DataExport, file: IO[bytes]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        archive = Archive(zipped)
        for number, (name, exporter) in enumerate(_exporters.items(), start=1):
            exporter(export.user, archive)
            log.info("The data export %s has %s.", export.public_id, name)
            _note(export, progress=100 * number // (len(_exporters) + 1))


def _note(export: DataExport, **fields: Any) -> None:
    DataExport.objects.filter(pk=export.pk).update(updated_at=timezone.now(), **fields)


def sweep_exports() -> None:
    """Takes away what has expired, and gives up what has stood still for an hour."""
    now = timezone.now()
    for export in DataExport.objects.filter(expires_at__lt=now):
        export.delete()
    stale = DataExport.objects.filter(
        state__in=[ExportState.WAITING, ExportState.RUNNING], updated_at__lt=now - timedelta(hours=1)
    )
    stale.update(state=ExportState.FAILED, updated_at=now)
