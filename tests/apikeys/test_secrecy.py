"""A key's secret is shown once, and then stands nowhere (battery K01)."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from django.core import serializers

from apikeys.models import ApiKey
from tests.portal_process import PortalProcess
from tests.usage.test_ledger import ask


def test_a_secret_stands_nowhere_after_it_was_shown_k01(
    portal: PortalProcess, sign_in: Callable[..., httpx.Client], alice: Any, operator: Any
) -> None:
    browser = sign_in(alice)
    headers = {"x-csrftoken": browser.cookies["csrftoken"]}
    body = {"name": "Mine", "permissions": ["chat", "manage"], "rpmLimit": 3}
    made = browser.post("/api/keys", headers=headers, json=body).json()
    mine = {"authorization": f"Bearer {made['key']}"}
    path = f"{portal.api}/keys/{made['id']}"
    again = httpx.post(f"{path}/regenerate", headers=mine, json={"graceSeconds": 60}).json()
    secrets = [made["key"], again["key"]]
    for secret in secrets:
        caller = {"x-api-key": secret}
        answers = [httpx.post(f"{portal.api}/chat/completions", headers=caller, json=ask("Hi"))]
        answers += [httpx.get(path + tail, headers=caller) for tail in ("", "/usage", "/requests")]
        answers += [httpx.post(f"{portal.api}/chat/completions", headers=caller, content=b"{")]
        answers += [httpx.get(f"{portal.api}/keys", headers=caller)]
        assert not any(known in answer.text for known in secrets for answer in answers)
    # A typo is told of without the secret that was meant.
    typo = httpx.get(path, headers={"x-api-key": secrets[1][:-1] + "!"})
    assert secrets[1][:-1] not in typo.text

    admin = sign_in(operator)
    pages = [
        admin.get(page).text for page in ("/admin/apikeys/apikey/", f"/admin/apikeys/apikey/{key_of(alice)}/")
    ]
    stored = serializers.serialize("json", ApiKey.objects.filter(user=alice))
    written = [portal.log.read_text(), stored, browser.get("/keys").text, *pages]
    for secret in secrets:
        assert not any(secret[6:46] in text for text in written)
        assert not stands_in(secret[6:46], Path(portal.variables["PORTAL_DATA_DIR"]))


def key_of(user: Any) -> str:
    return str(user.api_keys.get().pk)


def stands_in(text: str, folder: Path) -> bool:
    """In any file the portal writes: the log, mail, and the embedded default's database."""
    found = subprocess.run(["grep", "-r", "--text", "-q", text, str(folder)], check=False)
    assert found.returncode in (0, 1)
    return found.returncode == 0
