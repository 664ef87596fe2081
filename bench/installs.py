"""The peers, from their registries into var/bench/: once for each version named here."""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

from bench.servers import HOME

LITELLM = "1.106.2"
PORTKEY = "1.15.2"
NODE = 18  # the oldest that has the web streams the gateway is written for
# As the gateway's own lock has it. What npm would take instead (from 1.14.2 on) answers every streamed
# request with a 500: github.com/Portkey-AI/gateway/issues/1389
PORTKEY_SERVER = "1.13.5"
_PORTKEY_PACKAGE = {
    "private": True,
    "dependencies": {"@portkey-ai/gateway": PORTKEY},
    "overrides": {"@hono/node-server": PORTKEY_SERVER},
}

# Which packages serve the portal in `--portal-server`, where it does not come with them.
ASGI_SERVERS = {
    "uvicorn": ["uvicorn", "uvloop", "httptools"],
    "hypercorn": ["hypercorn", "uvloop"],
    "granian": ["granian", "uvloop"],
}


class CannotInstall(Exception):
    """One line that says what is missing."""


def litellm() -> Path:
    """The virtual environment that has it."""
    folder = HOME / f"litellm-{LITELLM}"
    if not _is_whole(folder):
        _run("LiteLLM", [sys.executable, "-m", "venv", "--clear", f"{folder}"])
        _run("LiteLLM", [f"{folder}/bin/python", *_PIP, f"litellm[proxy]=={LITELLM}"])
        _note_whole(folder)
    return folder


def portkey() -> Path:
    """The script that starts it."""
    folder = HOME / f"portkey-{PORTKEY}"
    if not _is_whole(folder):
        npm = shutil.which("npm")
        if npm is None or shutil.which("node") is None:
            raise CannotInstall(f"portkey needs node (≥ {NODE}) and npm")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text(json.dumps(_PORTKEY_PACKAGE))
        _run("Portkey", [npm, "install", "--prefix", f"{folder}", "--no-audit", "--no-fund"])
        _note_whole(folder)
    return folder / "node_modules/@portkey-ai/gateway/build/start-server.js"


def asgi_server(name: str) -> Path | None:
    """The folder to put on the path for `name`; None when nothing is needed."""
    if name not in ASGI_SERVERS or importlib.util.find_spec(name):
        return None
    folder = HOME / f"server-{name}"
    if not _is_whole(folder):
        _run(name, [sys.executable, *_PIP, "--upgrade", "--target", f"{folder}", *ASGI_SERVERS[name]])
        _note_whole(folder)
    return folder


_PIP = ("-m", "pip", "--disable-pip-version-check", "install", "--quiet")


def _is_whole(folder: Path) -> bool:
    return (folder / ".installed").exists()


def _note_whole(folder: Path) -> None:
    (folder / ".installed").touch()


def _run(name: str, command: list[str]) -> None:
    print(f"Installing {name} (once) …", flush=True)
    HOME.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise CannotInstall(f"{name} cannot be installed:\n{(done.stdout + done.stderr)[-2000:]}")
