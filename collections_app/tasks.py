"""Periodic work on what people keep."""

from celery import shared_task

from collections_app import services


@shared_task
def empty_bin() -> None:
    services.empty_bin()
