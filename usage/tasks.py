"""Periodic work on the ledger."""

from celery import shared_task
from django.utils import timezone

from usage import ledger, partitions, retention
from usage.budgets import notices
from usage.reconciliation import extent, run
from usage.rollups import closing


@shared_task
def close_interrupted() -> None:
    ledger.close_interrupted()


@shared_task
def roll_up() -> None:
    closing.roll_up()


@shared_task
def create_partitions() -> None:
    partitions.create_ahead(timezone.now())


@shared_task
def drop_old_rows() -> None:
    retention.drop_old_rows(timezone.now())


@shared_task
def reconcile() -> None:
    run.reconcile(extent.in_turn(timezone.now()))


@shared_task
def send_budget_notices() -> None:
    notices.send_due(timezone.now())
