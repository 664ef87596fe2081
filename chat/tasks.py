"""Periodic work on conversations."""

from celery import shared_task

from chat.conversations import services


@shared_task
def close_interrupted_answers() -> None:
    services.close_interrupted()
