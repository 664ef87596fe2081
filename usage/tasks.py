"""Periodic work on the ledger."""

from celery import shared_task

from usage import ledger


@shared_task
def close_interrupted() -> None:
    ledger.close_interrupted()
