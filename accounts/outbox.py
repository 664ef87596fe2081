"""Mail while no mail server is configured: printed, and kept as files in the data directory."""

import sys
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from portal.web.ids import uuid7


class OutboxBackend(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        directory = Path(settings.MAIL_OUTBOX)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            path = directory / f"{uuid7()}.eml"
            path.touch(mode=0o600)
            path.write_bytes(message.message().as_bytes())
            sys.stderr.write(f"\nMail to {', '.join(message.to)}: {message.subject}\n{message.body}\n")
        return len(email_messages)
