"""Commands for scripts: each prints only its result."""

import pytest

from tests.conftest import PASSWORD
from tests.portal_process import PortalProcess


def test_a_user_and_a_key_are_made(portal: PortalProcess, new_email: str) -> None:
    created = portal.manage("create_user", "--email", new_email, "--password", PASSWORD)
    assert created.startswith("usr_")
    assert created.count("\n") == 1
    arguments = ["--email", new_email, "--name", "Script", "--permission", "chat", "--permission", "vision"]
    secret = portal.manage("create_api_key", *arguments)
    assert secret.startswith("sk-wm-")
    assert secret.count("\n") == 1


def test_mistakes_are_said_in_one_line(portal: PortalProcess, new_email: str) -> None:
    arguments = ["--email", "nobody@example.org", "--name", "x", "--permission", "chat"]
    with pytest.raises(RuntimeError, match=r"^CommandError: There is no account for nobody@example\.org"):
        portal.manage("create_api_key", *arguments)
    with pytest.raises(RuntimeError, match=r"^CommandError: password: This password is too short"):
        portal.manage("create_user", "--email", new_email, "--password", "x")
