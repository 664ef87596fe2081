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
        command = [sys.executable, "-m", "pytest", *PARALLEL, *options, *sys.argv[1:]]
        status = subprocess.call(command, env={**os.environ, "TEST_PROFILE": profile})
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
