"""Periodic work on the ledger."""

from celery import shared_task
from django.utils import timezone

from usage import ledger
from usage.budgets import notices
from usage.reconciliation import run
from usage.rollups import closing


@shared_task
def close_interrupted() -> None:
    ledger.close_interrupted()


@shared_task
def roll_up() -> None:
    closing.roll_up()


@shared_task
def reconcile() -> None:
    run.reconcile()


@shared_task
def send_budget_notices() -> None:
    notices.send_due(timezone.now())
