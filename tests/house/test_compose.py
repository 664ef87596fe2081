"""docker-compose.yml agrees with the settings."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from portal.celery import app
from portal.environment import VARIABLES, read

COMPOSE = yaml.safe_load((Path(__file__).parents[2] / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
PORTAL = ("prepare", "web", "worker", "beat")


def test_every_service_is_there() -> None:
    assert set(SERVICES) == {*PORTAL, "postgres", "redis", "s3"}


@pytest.mark.parametrize("name", PORTAL)
def test_its_variables_are_the_settings_own(name: str) -> None:
    variables = SERVICES[name]["environment"]
    assert set(variables) <= set(VARIABLES)
    assert {"DATABASE_URL", "REDIS_URL", "PORTAL_SECRET_KEY", "S3_ENDPOINT_URL"} <= set(variables)


def test_the_settings_accept_its_values() -> None:
    environment = read({name: filled(value) for name, value in SERVICES["web"]["environment"].items()})
    assert environment.database_url is not None
    assert environment.s3_bucket == "portal"


def filled(value: str) -> str:
    """As compose does it: the default after `:-`, or what `:?` makes the person set."""
    defaults = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)
    return re.sub(r"\$\{\w+:\?[^}]*\}", "a-password", defaults)


def test_the_services_hosts_are_the_ones_named() -> None:
    variables = SERVICES["web"]["environment"]
    assert "@postgres:5432" in variables["DATABASE_URL"]
    assert variables["REDIS_URL"] == "redis://redis:6379"
    assert variables["S3_ENDPOINT_URL"] == "http://s3:9000"


def test_periodic_work_has_a_worker_and_a_beat() -> None:
    assert "celery -A portal worker" in SERVICES["worker"]["command"]
    assert "celery -A portal beat" in SERVICES["beat"]["command"]
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert scheduled <= set(app.tasks)
    assert "usage.tasks.close_interrupted" in scheduled


def test_nothing_but_the_portal_is_published() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]
