"""Background and periodic work on accounts."""

from uuid import UUID

from celery import shared_task

from accounts import data_export, deletion


@shared_task
def make_export(export_id: str) -> None:
    data_export.make_export(UUID(export_id))


@shared_task
def sweep_exports() -> None:
    data_export.sweep_exports()


@shared_task
def delete_due_accounts() -> None:
    deletion.delete_due_accounts()
