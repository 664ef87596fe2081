"""`make test`: the suite on PostgreSQL and Redis, then what touches data on the embedded default."""

import os
import subprocess
import sys

PARALLEL = ["-n", "auto", "--dist", "worksteal"]
# These know nothing of databases, or have shown on one what they show: once is enough. Of the browser's, the
# first hour is gone through in both.
ONCE = [
    *(f"--ignore=tests/{name}" for name in ("gateway", "house", "conformance", "engines", "sdk")),
    "--ignore-glob=tests/browser/test_[!f]*.py",
    "--ignore-glob=tests/chat/test_catalogue_*.py",
    "--ignore=tests/accounts/test_rate_limits.py",
    "--ignore=tests/chat/attachments/test_hostile_files.py",
    "--ignore=tests/portal/test_authorisation_matrix.py",
]


def main() -> int:
    for profile, options in (("scale", []), ("embedded", ONCE)):
        print(f"\n── {profile} ──", flush=True)
        command = [sys.executable, "-m", "pytest", *PARALLEL, *options, *sys.argv[1:]]
        status = subprocess.call(command, env={**os.environ, "TEST_PROFILE": profile})
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
