"""The environment a test process runs in, set before Django reads it (a pytest plugin, `-p`).

`TEST_PROFILE=scale` (default): PostgreSQL and Redis. `TEST_PROFILE=embedded`: SQLite and nothing else.
Each parallel worker has a database of its own.
"""

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

PROFILE = os.environ.get("TEST_PROFILE", "scale")
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw14")
_RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:8]
# Leave what the person at the terminal uses for their own portal out of the tests.
_THEIRS = ("PORTAL_", "GOOGLE_", "GITHUB_", "OIDC_", "S3_", "OPENAI_", "ANTHROPIC_", "OLLAMA_", "EMAIL_URL")
for _name in [name for name in os.environ if name.startswith(_THEIRS)]:
    del os.environ[_name]
# All that is spoken to here is on loopback, without TLS: no client need read the world's certificates, which
# takes longer than what it asks.
os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = tempfile.mkdtemp(prefix="no-certificates-")


def environment(name: str) -> dict[str, str]:
    """Variables of a portal with data of its own."""
    # A model server that happens to run on this machine is none of the tests' business.
    variables = {"PORTAL_DATA_DIR": tempfile.mkdtemp(prefix=f"portal-{name}-"), "PORTAL_DISCOVERY": "0"}
    # All tests sign up from one address; the limits themselves are tested in a portal of their own.
    variables |= {"PORTAL_SIGN_UP_RATE": "1000/m", "PORTAL_SIGN_IN_ADDRESS_RATE": "1000/m"}
    variables["PORTAL_WRONG_KEY_RATE"] = "100000/m"
    if PROFILE == "scale":
        server = urlsplit(os.environ["TEST_DATABASE_URL"])
        variables["DATABASE_URL"] = server._replace(path=f"/portal_{name}_{WORKER}_{_RUN}").geturl()
        # Number 0 is where a person's own portal on this machine would be.
        number = 1 + int(WORKER[2:]) % 15
        variables["REDIS_URL"] = f"{os.environ['TEST_REDIS_URL'].rstrip('/')}/{number}"
    return variables


def create_database(variables: dict[str, str], like: dict[str, str] | None = None) -> None:
    """An empty one, or one `like` that of other variables, to which nobody is connected."""
    drop_database(variables)
    if "DATABASE_URL" in variables and like:
        _on_server("CREATE DATABASE {} TEMPLATE {}", variables, like)
    elif "DATABASE_URL" in variables:
        _on_server("CREATE DATABASE {}", variables)
    elif like:
        with closing(sqlite3.connect(_file(like))) as connection:
            connection.execute("VACUUM INTO ?", [str(_file(variables))])


def create_migrated(variables: dict[str, str]) -> None:
    """As after `manage.py migrate`, which takes seconds."""
    create_database(variables, MIGRATED)


def drop_database(variables: dict[str, str]) -> None:
    if "DATABASE_URL" in variables:
        _on_server("DROP DATABASE IF EXISTS {} WITH (FORCE)", variables)


def value(variables: dict[str, str], query: str) -> Any:
    """Of the first row. (A `manage.py shell` that asks the same has to start first.)"""
    if "DATABASE_URL" in variables:
        with psycopg.connect(variables["DATABASE_URL"]) as connection:
            row = connection.execute(query).fetchone()  # type: ignore[arg-type]
    else:
        with closing(sqlite3.connect(_file(variables))) as connection:
            row = connection.execute(query).fetchone()
    return row[0]


def _file(variables: dict[str, str]) -> Path:
    return Path(variables["PORTAL_DATA_DIR"], "portal.sqlite3")


def _on_server(statement: str, *databases: dict[str, str]) -> None:
    names = [psycopg.sql.Identifier(urlsplit(each["DATABASE_URL"]).path[1:]) for each in databases]
    with psycopg.connect(os.environ["TEST_DATABASE_URL"], autocommit=True) as connection:
        connection.execute(psycopg.sql.SQL(statement).format(*names))


_IS_COMPLETE = "TEST_DATABASE_URL" in os.environ or PROFILE == "embedded"
MAIN = environment("main") if _IS_COMPLETE else {}
MIGRATED = environment("migrated") if _IS_COMPLETE else {}
os.environ.update(MAIN)
# Playwright's own event loop runs in the test's thread; the ORM is used beside it, never inside.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
