"""The process: starts, serves files and probes, ends cleanly, finishes what it can."""

import os
import signal
import subprocess
import sys
import threading
from typing import Any

import httpx
import pytest

from tests import profile
from tests.portal_process import ROOT, PortalProcess, manage, serve


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/static/css/portal.css", "/static/admin/css/base.css"]
)
def test_it_serves(portal: PortalProcess, path: str) -> None:
    assert httpx.get(portal.url + path).status_code == 200


def test_ctrl_c_ends_cleanly() -> None:
    with serve(profile.MAIN) as portal:
        portal.process.send_signal(signal.SIGINT)
        assert portal.process.wait(timeout=10) == 0
        assert "Traceback" not in portal.log.read_text()


def test_a_port_in_use_is_said_in_one_line(portal: PortalProcess) -> None:
    command = [sys.executable, "manage.py", "serve"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **portal.variables}, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 1
    assert "PORTAL_PORT" in done.stderr


def test_a_stream_cut_by_the_end_is_settled(alice: Any, secret: str) -> None:
    from usage.models import Status, UsageRecord

    body = {
        "model": "Waymore-A1-Instruct-1011",
        "messages": [{"role": "user", "content": "Count to 1000"}],
        "stream": True,
    }

    def listen(url: str, begun: threading.Event) -> None:
        headers = {"x-api-key": secret}
        with httpx.stream("POST", f"{url}/api/chat/completions", headers=headers, json=body) as response:
            try:
                for number, _ in enumerate(response.iter_lines()):
                    if number == 20:
                        begun.set()
            except httpx.TransportError:
                pass

    begun = threading.Event()
    with serve(profile.MAIN) as portal:
        thread = threading.Thread(target=listen, args=(portal.url, begun))
        thread.start()
        assert begun.wait(10)
        portal.process.send_signal(signal.SIGINT)
        portal.process.wait(timeout=15)
        thread.join()
    row = UsageRecord.objects.get(user=alice)
    assert row.status == Status.CANCELLED
    assert row.output_tokens > 0


def test_the_periodic_task_closes_what_a_killed_process_left(eventually: Any) -> None:
    """Embedded: in the serving process. With Redis: a real Celery worker and beat."""
    variables = profile.environment("beat")
    profile.create_migrated(variables)
    manage(variables, "prepare")
    manage(variables, "shell", "-c", LEAVE_OPEN)
    processes = []
    try:
        with serve(variables):
            if "REDIS_URL" in variables:
                schedule = f"{variables['PORTAL_DATA_DIR']}/beat"
                processes.append(celery(variables, "worker", "--concurrency", "1"))
                processes.append(celery(variables, "beat", "-s", schedule))
            eventually(lambda: profile.value(variables, STATUS) == "interrupted", 60)
    finally:
        for process in processes:
            process.kill()
            process.wait()
        profile.drop_database(variables)


def celery(variables: dict[str, str], *arguments: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "celery", "-A", "portal", *arguments]
    environment = {**os.environ, **variables}
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=quiet, stderr=quiet)


LEAVE_OPEN = """
from datetime import timedelta
from uuid import uuid4
from django.utils import timezone
from accounts.services import create_verified_user
from usage.models import UsageRecord
user = create_verified_user(email="a@example.org", password="correct-horse-battery")
ago = timezone.now() - timedelta(minutes=5)
UsageRecord.objects.create(user=user, model="m", format="openai", process=uuid4(), started_at=ago)
"""
STATUS = "SELECT status FROM usage_usagerecord"
