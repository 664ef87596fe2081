"""Periodic work on conversations and stored answers."""

from celery import shared_task

from chat.completions import idempotency
from chat.conversations import answers, filing


@shared_task
def close_interrupted_answers() -> None:
    answers.close_interrupted()


@shared_task
def forget_stored_answers() -> None:
    idempotency.forget_old()


@shared_task
def delete_discarded_sessions() -> None:
    filing.delete_discarded()
