"""The README's commands, copied verbatim; only address and key are this run's own."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.portal_process import ROOT, PortalProcess, free_port

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
CALLS = [(language, code) for language, code in BLOCKS if "YOUR_API_KEY" in code]


@pytest.mark.parametrize(("language", "code"), CALLS, ids=[f"{n}-{call[0]}" for n, call in enumerate(CALLS)])
def test_every_call_works(
    language: str, code: str, portal: PortalProcess, secret: str, tmp_path: Path
) -> None:
    code = code.replace("http://127.0.0.1:8000", portal.url).replace("YOUR_API_KEY", secret)
    if language == "js":
        code = in_node_without_packages(code)
    command = {
        "bash": ["sh", "-c"],
        "python": [sys.executable, "-c"],
        "js": [node(), "--input-type=module", "-e"],
    }
    done = subprocess.run(
        [*command[language], code], capture_output=True, text=True, timeout=60, cwd=tmp_path
    )
    assert "built-in model" in done.stdout, done.stderr


def node() -> str:
    return shutil.which("node") or pytest.skip("Node is not installed: its example is not run")


def in_node_without_packages(code: str) -> str:
    """The example's own options and call, sent by a stand-in that posts them as the package does."""
    stand_in = """
    class OpenAI {
      constructor({ baseURL, apiKey }) {
        const create = async (body) => {
          const headers = { "content-type": "application/json", authorization: `Bearer ${apiKey}` };
          const options = { method: "POST", headers, body: JSON.stringify(body) };
          return (await fetch(`${baseURL}/chat/completions`, options)).json();
        };
        this.chat = { completions: { create } };
      }
    }
    """
    return code.replace('import OpenAI from "openai";', stand_in)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What git holds of this folder now, in an empty place, with the installed packages linked in."""
    target = tmp_path / "clone"
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, files.stdout.split("\0")):
        if (ROOT / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            # With its time: make must not take the packages for outdated.
            shutil.copy2(ROOT / name, target / name)
    return target


def test_make_run_serves_until_interrupted(clone: Path, eventually: Any) -> None:
    """`make run` as printed, on the packages that `make test` has installed."""
    command = next(code for language, code in BLOCKS if code.strip() == "make run").split()
    (clone / ".venv").symlink_to(sys.prefix)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")
    }
    environment |= {"PORTAL_PORT": str(port), "PORTAL_DATA_DIR": str(clone / "data")}
    with (clone / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=clone, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            eventually(lambda: is_up(url), 60)
            assert (clone / "data/portal.sqlite3").exists()
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(timeout=20)
    said = (clone / "log").read_text()
    assert f"LLM Portal is ready: {url}" in said
    assert "/first-operator/" in said
    assert "Traceback" not in said
    assert not is_up(url)


def is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def test_ci_calls_the_readmes_commands_and_nothing_cleverer() -> None:
    script = (ROOT / ".ci/run").read_text()
    assert [line for line in script.splitlines() if line.startswith("make ")] == ["make lint", "make test"]
    assert "make test\n" in [code for _, code in BLOCKS]
