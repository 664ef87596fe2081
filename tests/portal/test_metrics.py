"""`/metrics` opens to its token alone, and says what the ledger says."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from tests import profile
from tests.portal_process import PortalProcess, serve

TOKEN = "a-token-that-nobody-guesses"
MODEL = "Waymore-A1-Instruct-1011"


@pytest.fixture(scope="module")
def watched(_database: None) -> Iterator[PortalProcess]:
    with serve(profile.MAIN, PORTAL_METRICS_TOKEN=TOKEN) as portal:
        yield portal


def samples(portal: PortalProcess) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = httpx.get(f"{portal.url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert "no-store" in answer.headers["cache-control"]
    families = text_string_to_metric_families(answer.text)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def named(found: dict[Any, float], name: str, **labels: str) -> float:
    return sum(
        value for (sample, said), value in found.items() if sample == name and said >= set(labels.items())
    )


@pytest.mark.parametrize("given", [{}, {"Authorization": "Bearer no"}, {"Authorization": f"Basic {TOKEN}"}])
def test_nobody_else_reads_it(watched: PortalProcess, given: dict[str, str]) -> None:
    answer = httpx.get(f"{watched.url}/metrics", headers=given)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="metrics"')
    assert "portal_" not in answer.text


def test_without_a_token_it_is_not_there(portal: PortalProcess) -> None:
    assert httpx.get(f"{portal.url}/metrics", headers={"Authorization": "Bearer None"}).status_code == 404


def test_it_counts_each_request(watched: PortalProcess, secret: str) -> None:
    from usage.models import UsageRecord

    before = samples(watched)
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}]}
    for _ in range(3):
        answer = httpx.post(f"{watched.api}/chat/completions", headers={"x-api-key": secret}, json=body)
        assert answer.status_code == 200
    after = samples(watched)
    rows = UsageRecord.objects.filter(model=MODEL).order_by("-id")[:3]
    more = {
        name: named(after, name, **labels) - named(before, name, **labels)
        for name, labels in {
            "portal_requests_total": {"model": MODEL, "status": "complete"},
            "portal_tokens_total": {"model": MODEL},
            "portal_request_duration_seconds_count": {"model": MODEL},
            "portal_request_duration_seconds_bucket": {"model": MODEL, "le": "+Inf"},
            "portal_first_token_seconds_bucket": {"model": MODEL, "le": "300.0"},
        }.items()
    }
    assert more.pop("portal_tokens_total") == sum(row.input_tokens + row.output_tokens for row in rows)
    assert set(more.values()) == {3.0}
    assert named(after, "portal_serving_processes") >= 1


def test_times_are_told_by_bounds(watched: PortalProcess, alice: Any) -> None:
    from usage.models import Status, UsageRecord

    for milliseconds in (80, 700, 20_000, 900_000):
        UsageRecord.objects.create(
            user=alice, model="timed", format="openai", status=Status.COMPLETE, duration_ms=milliseconds,
            first_token_ms=milliseconds // 10,
        )  # fmt: skip
    found = samples(watched)

    def within(name: str) -> list[float]:
        return [
            named(found, f"{name}_bucket", model="timed", le=bound)
            for bound in ("0.1", "0.5", "1.0", "10.0", "30.0", "300.0", "+Inf")
        ]

    assert within("portal_request_duration_seconds") == [1, 1, 2, 2, 3, 3, 4]
    assert within("portal_first_token_seconds") == [2, 2, 2, 3, 3, 4, 4]
    assert named(found, "portal_request_duration_seconds_sum", model="timed") == 920.78


def test_it_tells_what_the_last_proof_found(watched: PortalProcess) -> None:
    from usage.models import Reconciliation

    now = timezone.now()
    checks = ["days are their hours", "hours say what the ledger says"]
    run = Reconciliation.objects.create(
        started_at=now + timedelta(seconds=1), finished_at=now, checks=checks,
        findings=[f"{checks[1]}: hour 1 has 5", f"{checks[1]}: hour 2 has 6"],
    )  # fmt: skip
    found = samples(watched)
    assert named(found, "portal_reconcile_findings", check=checks[0]) == 0
    assert named(found, "portal_reconcile_findings", check=checks[1]) == 2
    assert named(found, "portal_reconcile_timestamp_seconds") == pytest.approx(now.timestamp(), abs=1)
    run.delete()


def test_a_token_that_can_be_guessed_stops_the_start() -> None:
    from portal.environment import BadEnvironment, read

    with pytest.raises(BadEnvironment, match="PORTAL_METRICS_TOKEN") as error:
        read({"PORTAL_METRICS_TOKEN": "short"})
    assert "short" not in str(error.value)
