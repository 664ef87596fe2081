"""Periodic work on keys."""

from celery import shared_task
from django.utils import timezone

from apikeys import notices


@shared_task
def send_notices() -> None:
    notices.send_due(timezone.now())
