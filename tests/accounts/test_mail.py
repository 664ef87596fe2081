"""Mail as a mail server gets it."""

from collections.abc import Callable
from email import message_from_bytes, policy
from typing import Any

import httpx
from aiosmtpd.controller import Controller

from tests import profile
from tests.accounts.conftest import Browser, link_in
from tests.conftest import PASSWORD
from tests.portal_process import free_port, serve


class Inbox:
    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


def test_signing_up_over_smtp(new_email: str, eventually: Callable[..., Any]) -> None:
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        with (
            serve(profile.MAIN, EMAIL_URL=f"smtp://127.0.0.1:{controller.port}") as portal,
            Browser(base_url=portal.url, follow_redirects=True) as browser,
        ):
            page = browser.submit("/register", {"email": new_email, "password1": PASSWORD})
            assert "outbox-link" not in page.text, "with a mail server the page shows no link"
            mail = eventually(lambda: inbox.mails)[0]
            assert (mail["To"], mail["Subject"]) == (new_email, "Verify your e-mail address")
            link = link_in(mail.get_content(), "/verify-email/")
            assert browser.submit(link).url.path == "/chat"
            again = httpx.post(f"{portal.api}/auth/register", json={"email": new_email, "password": PASSWORD})
            assert again.status_code == 201
            assert inbox.mails[-1]["Subject"] == "You already have an account"
    finally:
        controller.stop()
