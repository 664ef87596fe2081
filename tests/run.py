"""`make test`: the suite on PostgreSQL and Redis, then what touches data on the embedded default."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

# Tests wait for clocks and other processes a third of their time: half as many again as there are processors.
WORKERS = max(1, (os.cpu_count() or 1) * 3 // 2)
PARALLEL = ["-n", str(WORKERS), "--dist", "worksteal"]
# On a crowded machine a browser or a process may come too late once. So few failures are run again, alone,
# and named whatever comes of it: one that passes then is still to be mended.
FEW = 3
# These know nothing of databases, or have shown on one what they show: once is enough. Of the browser's, the
# first hour is gone through in both.
ONCE = [
    *(f"--ignore=tests/{name}" for name in ("gateway", "house", "conformance", "engines", "sdk")),
    "--ignore-glob=tests/browser/test_[!f]*.py",
    "--ignore-glob=tests/chat/test_catalogue_*.py",
    *(
        f"--ignore=tests/{name}.py"
        for name in (
            "accounts/test_rate_limits",
            "accounts/test_social",
            "chat/attachments/test_hostile_files",
            "chat/attachments/test_told",
            "chat/test_rendering",
            "portal/test_authorisation_matrix",
            "portal/test_client_address",
            "portal/test_environment",
            "portal/test_outbound",
        )
    ),
]


def main() -> int:
    for profile, options in (("scale", []), ("embedded", ONCE)):
        print(f"\n── {profile} ──", flush=True)
        command = [sys.executable, "-m", "pytest", "--cache-clear", *PARALLEL, *options, *sys.argv[1:]]
        if status := run(command, profile):
            return status
    return 0


def run(command: list[str], profile: str) -> int:
    environment = {**os.environ, "TEST_PROFILE": profile}
    status = subprocess.call(command, env=environment)
    failed = failures() if status == pytest.ExitCode.TESTS_FAILED else []
    if not 0 < len(failed) <= FEW:
        return status
    print("\n── again, alone ──", *failed, sep="\n", flush=True)
    status = subprocess.call([sys.executable, "-m", "pytest", "-n", "0", *failed], env=environment)
    print("\n── failed at first ──", *failed, sep="\n", flush=True)
    return status


def failures() -> list[str]:
    """What the last run noted (pytest's cache)."""
    return list(json.loads(Path(".pytest_cache/v/cache/lastfailed").read_text()))


if __name__ == "__main__":
    sys.exit(main())
