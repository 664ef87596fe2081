"""The environment variables: typed, documented, and loud when wrong."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from portal.environment import VARIABLES, BadEnvironment, read
from tests.portal_process import ROOT


def test_it_works_with_nothing_set() -> None:
    environment = read({})
    assert (environment.portal_host, environment.portal_port) == ("127.0.0.1", 8000)
    assert environment.portal_data_dir == Path("var").resolve()
    assert environment.portal_fast_path
    assert environment.redis_url is None


BAD = {
    "PORTAL_PROT": "8000",
    "PORTAL_PORT": "eighty",
    "PORTAL_FAST_PATH": "yes",
    "PORTAL_UPSTREAM_KIND": "king",
    "PORTAL_UPSTREAM_URL": "localhost:8080",
    "PORTAL_DISCOVERY_PORTS": "11434 many",
    "OPENAI_BASE_URL": "https://user:hunter2@host/v1",
    "ANTHROPIC_BASE_URL": "https://host/?key=hunter2",
    "OLLAMA_HOST": "http://user:hunter2@host",
    "PORTAL_TRUSTED_PROXIES": "10.0.0.0/8 nonsense",
    "DATABASE_URL": "mysql://user:hunter2@host/db",
    "REDIS_URL": "http://x",
    "EMAIL_URL": "mailto:x",
    "PORTAL_ADMIN_EMAIL": "alone@example.org",
    "S3_BUCKET": "alone",
    "PORTAL_SIGNUP": "anybody",
    "PORTAL_GEOIP_PATH": "/no/such/file.mmdb",
    "PORTAL_DELETION_GRACE_DAYS": "0",
    "PORTAL_KEEP_CHATS_DAYS": "0",
    "PORTAL_KEEP_LEDGER_MONTHS": "1.5",
}


@pytest.mark.parametrize(("name", "value"), BAD.items(), ids=BAD)
def test_a_bad_value_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(BadEnvironment) as caught:
        read({name: value})
    assert name.partition("_")[0] in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_the_start_stops_with_one_line(tmp_path: Path) -> None:
    variables = {**os.environ, "PORTAL_DATA_DIR": str(tmp_path), "PORTAL_PROT": "8000"}
    done = subprocess.run(
        [sys.executable, "manage.py", "serve"], cwd=ROOT, env=variables, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr == "PORTAL_PROT: no such setting; docs/configuration.md lists them all.\n"


def test_every_variable_is_documented() -> None:
    text = (ROOT / "docs/configuration.md").read_text()
    assert [name for name in VARIABLES if f"`{name}`" not in text] == []


def test_the_secret_key_is_private_k04(tmp_path: Path) -> None:
    from portal.secret_key import stored_in

    key = stored_in(tmp_path)
    assert len(key) >= 50
    assert stored_in(tmp_path) == key
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
