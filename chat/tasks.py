"""Periodic work on conversations, stored answers and files."""

from celery import shared_task
from django.utils import timezone

from chat.attachments import releasing, thumbnails
from chat.completions import idempotency
from chat.conversations import answers, filing, retention


@shared_task
def close_interrupted_answers() -> None:
    answers.close_interrupted()


@shared_task
def forget_stored_answers() -> None:
    idempotency.forget_old()


@shared_task
def sweep_attachments() -> None:
    releasing.sweep()


@shared_task
def delete_discarded_sessions() -> None:
    filing.delete_discarded()


@shared_task
def delete_expired_sessions() -> None:
    retention.delete_expired(timezone.now())


@shared_task
def make_thumbnail(file_id: int) -> None:
    thumbnails.make(file_id)
