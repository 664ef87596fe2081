"""Where mail of a test arrives: a real SMTP server."""

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from tests.portal_process import free_port


class Sink:
    """A real SMTP server that keeps what it gets."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.is_full = False

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.is_full:
            return "452 Requested action not taken: insufficient system storage"
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"

    def to(self, user: Any) -> list[str]:
        """Subjects; the other workers' people are nobody's business here."""
        return [mail["subject"].strip() for mail in self.mails if mail["to"] == user.email]

    def text_to(self, user: Any) -> str:
        """The last one's."""
        return [mail for mail in self.mails if mail["to"] == user.email][-1].get_content()


@contextmanager
def mail_sink() -> Iterator[tuple[Sink, int]]:
    """And its port on this machine."""
    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield handler, controller.port
    controller.stop()
