"""What a group's members share is one budget, whoever calls, with whatever, through whichever process."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.utils import timezone

from tests import asynchronous
from tests.portal_process import PortalProcess
from tests.prices import set_prices
from tests.usage.test_ledger import ask
from usage.models import Status, UsageRecord

MakeKey = Callable[..., str]
MakeTeam = Callable[..., Any]
PATHS = {"openai": "/chat/completions", "anthropic": "/v1/messages"}


def post(
    portal: PortalProcess, secret: str, text: str = "Count to 10", wire: str = "openai", **fields: Any
) -> httpx.Response:
    body = ask(text, **{"max_tokens": 50, **fields})
    headers = {"x-api-key": secret}
    return httpx.post(portal.api + PATHS[wire], json=body, headers=headers, timeout=60)


@pytest.fixture
def dear() -> Iterator[str]:
    """A model whose answers cost a thousandth a token."""
    from chat.models import Deployment, PublicModel, Upstream

    model = set_prices(PublicModel.objects.create(name=f"dear-{uuid4()}"), output=Decimal(1000))
    upstream = Upstream.objects.get(name="builtin")
    Deployment.objects.create(model=model, upstream=upstream, upstream_model="builtin")
    yield model.name
    model.delete()


def test_two_members_share_it(
    portal: PortalProcess, alice: Any, bob: Any, make_key: MakeKey, make_team: MakeTeam, dear: str
) -> None:
    make_team(alice, bob, cost_per_month=Decimal("0.02"))
    hers, his = make_key(alice), make_key(bob)
    answers = [post(portal, secret, model=dear).status_code for secret in (hers, his, hers, his)]
    assert answers == [200, 200, 429, 429]
    assert sum(row.cost for row in UsageRecord.objects.filter(user__in=[alice, bob])) == Decimal("0.02")
    assert post(portal, hers).status_code == 200, "a model that costs nothing"


@pytest.mark.parametrize("path", ["fast path", "without fast path"])
@pytest.mark.parametrize("wire", PATHS)
def test_the_refusal_names_it_and_when_it_ends(
    request: pytest.FixtureRequest,
    portal: PortalProcess,
    alice: Any,
    make_key: MakeKey,
    make_team: MakeTeam,
    dear: str,
    wire: str,
    path: str,
) -> None:
    door = portal if path == "fast path" else request.getfixturevalue("portal_without_fast_path")
    team = make_team(alice, cost_per_month=Decimal("0.01"))
    secret = make_key(alice)
    assert post(door, secret, wire=wire, model=dear).status_code == 200
    refused = post(door, secret, wire=wire, model=dear)
    assert refused.status_code == 429
    error = refused.json()["error"]
    assert error["type"] == ("insufficient_quota" if wire == "openai" else "rate_limit_error")
    assert (
        f"The budget of 0.01 per month (cost) that your group “{team.group.name}” shares is reached"
        in (error["message"])
    )
    now = datetime.now(UTC)
    end = datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=UTC)
    assert f"resets at {end:%Y-%m-%dT}" in error["message"]
    assert abs(int(refused.headers["retry-after"]) - (end - now).total_seconds()) < 60


def test_the_browser_pays_from_it_too(
    portal: PortalProcess,
    alice: Any,
    bob: Any,
    make_key: MakeKey,
    make_team: MakeTeam,
    sign_in: Callable[..., httpx.Client],
    dear: str,
) -> None:
    make_team(alice, bob, cost_per_month=Decimal("0.01"))
    body = ask("Count to 10", model=dear)
    assert sign_in(alice).post("/api/chat/completions", json=body).status_code == 200
    assert post(portal, make_key(bob), model=dear).status_code == 429


def test_members_race_through_every_process_and_it_holds_exactly(
    portals: list[PortalProcess], alice: Any, bob: Any, make_key: MakeKey, make_team: MakeTeam
) -> None:
    """Nobody is let through when it is used up, nobody refused while there is room."""
    limit = 2000
    team = make_team(alice, bob, tokens_per_month=limit)
    secrets = [make_key(alice), make_key(bob), make_key(bob)]

    def call(number: int) -> int:
        portal = portals[number % len(portals)]
        return post(portal, secrets[number % 3], "Count to 40", max_tokens=60).status_code

    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(call, range(60)))
    rows = UsageRecord.objects.filter(user__in=[alice, bob])
    assert set(answers) == {200, 429}
    assert rows.count() == answers.count(200)
    assert {row.status for row in rows} == {Status.COMPLETE}
    # What was only held is free again: everybody goes on, one at a time, until it is really used up.
    for number in range(200):
        answer = post(portals[number % len(portals)], secrets[number % 3], "Count to 40", max_tokens=60)
        if answer.status_code == 429:
            break
    used = sum(row.input_tokens + row.output_tokens for row in rows.all())
    assert limit - 60 < used <= limit + 60
    left = int(answer.headers["x-ratelimit-remaining-tokens"])
    assert left == max(0, limit - used)
    assert "held by running" not in answer.json()["error"]["message"]
    assert counted_anew(team) == used, "a counter that got lost says the same"


def counted_anew(team: Any) -> int:
    """Tokens, by a limiter that knows nothing but the ledger."""
    from apikeys.counters.in_process import InProcessCounters
    from apikeys.limiter import Limiter
    from apikeys.limits import Kind, Limit
    from usage.spending import Payer

    async def look() -> int:
        limit = Limit(Payer("group", team.pk), Kind.TOKENS_PER_MONTH, 10**9)
        (standing,) = await Limiter(InProcessCounters()).look([limit], timezone.now())
        return standing.count.used + standing.count.held

    return asynchronous.run(look())


def test_every_group_must_allow_it(
    portal: PortalProcess, alice: Any, bob: Any, make_key: MakeKey, make_team: MakeTeam, dear: str
) -> None:
    small = make_team(alice, bob, cost_per_month=Decimal("0.01"))
    large = make_team(alice, cost_per_month=Decimal(1))
    assert post(portal, make_key(bob), model=dear).status_code == 200
    refused = post(portal, make_key(alice), model=dear)
    assert refused.status_code == 429
    message = refused.json()["error"]["message"]
    assert small.group.name in message
    assert large.group.name not in message


def test_who_leaves_is_free_of_it_and_what_they_used_stays(
    portal: PortalProcess,
    alice: Any,
    bob: Any,
    make_key: MakeKey,
    make_team: MakeTeam,
    dear: str,
    eventually: Callable[..., Any],
) -> None:
    from accounts.models import Membership

    team = make_team(alice, bob, cost_per_month=Decimal("0.01"))
    hers, his = make_key(alice), make_key(bob)
    assert [post(portal, hers, model=dear).status_code for _ in range(2)] == [200, 429]
    alice.groups.remove(team.group)
    Membership.objects.filter(user=alice).update(until=timezone.now())
    eventually(lambda: post(portal, hers, model=dear).status_code == 200)
    assert post(portal, his, model=dear).status_code == 429
    assert counted_anew(team) == sum(
        row.input_tokens + row.output_tokens for row in UsageRecord.objects.filter(user=alice)[1:]
    )


def test_who_comes_brings_nothing_along(
    portal: PortalProcess, alice: Any, bob: Any, make_key: MakeKey, make_team: MakeTeam, dear: str
) -> None:
    from accounts.models import Membership

    secret = make_key(alice)
    for _ in range(3):
        assert post(portal, secret, model=dear).status_code == 200
    team = make_team(bob, cost_per_month=Decimal("0.01"))
    alice.groups.add(team.group)
    Membership.objects.filter(user=alice).update(since=timezone.now())
    assert counted_anew(team) == 0
    assert post(portal, make_key(bob), model=dear).status_code == 200


def test_a_new_budget_knows_what_its_month_has_seen(
    portal: PortalProcess, alice: Any, bob: Any, make_key: MakeKey, make_team: MakeTeam, dear: str
) -> None:
    team = make_team(alice, bob)
    secret = make_key(alice)
    assert post(portal, secret, model=dear).status_code == 200
    team.cost_per_month = Decimal("0.01")
    team.save()
    assert post(portal, make_key(bob), model=dear).status_code == 429


def test_an_outsider_notices_nothing(
    portal: PortalProcess, alice: Any, bob: Any, make_key: MakeKey, make_team: MakeTeam
) -> None:
    make_team(alice, tokens_per_month=0)
    assert post(portal, make_key(alice)).status_code == 429
    answer = post(portal, make_key(bob))
    assert answer.status_code == 200
    assert "ratelimit" not in str(answer.headers)
