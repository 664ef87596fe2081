"""What operators allow a person holds for all their keys together, and for their browser."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import Group

from tests.portal_process import PortalProcess
from tests.prices import set_prices
from tests.usage.test_ledger import ask

MakeKey = Callable[..., str]


@pytest.fixture
def allow(alice: Any) -> Callable[..., None]:
    from accounts.models import UserLimits

    def make(**limits: Any) -> None:
        UserLimits.objects.create(user=alice, **limits)

    return make


def post(portal: PortalProcess, secret: str) -> httpx.Response:
    return httpx.post(
        f"{portal.api}/chat/completions", json=ask("Count to 1"), headers={"x-api-key": secret}, timeout=30
    )


def test_two_keys_share_it(
    allow: Callable[..., None], portal: PortalProcess, alice: Any, make_key: MakeKey
) -> None:
    allow(requests_per_minute=3)
    keys = [make_key(alice), make_key(alice)]
    answers = [post(portal, keys[number % 2]) for number in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].json()["error"]["code"] == "rate_limit_exceeded"
    assert int(answers[-1].headers["retry-after"]) > 0


def test_the_browser_counts_too(
    allow: Callable[..., None],
    portal: PortalProcess,
    alice: Any,
    make_key: MakeKey,
    sign_in: Callable[..., httpx.Client],
) -> None:
    allow(requests_per_minute=1)
    assert sign_in(alice).post("/api/chat/completions", json=ask("Count to 1")).status_code == 200
    assert post(portal, make_key(alice)).status_code == 429


def test_the_tighter_one_of_key_and_person_refuses(
    allow: Callable[..., None], portal: PortalProcess, alice: Any, make_key: MakeKey
) -> None:
    allow(requests_per_minute=50)
    secret = make_key(alice, rpm_limit=1)
    assert [post(portal, secret).status_code for _ in range(2)] == [200, 429]
    assert post(portal, make_key(alice)).status_code == 200


def test_cost_is_limited_too(
    allow: Callable[..., None], portal: PortalProcess, alice: Any, make_key: MakeKey
) -> None:
    from chat.models import Deployment, PublicModel, Upstream

    dear = set_prices(PublicModel.objects.create(name=f"dear-{alice.pk}"), input=1000, output=1000)
    Deployment.objects.create(
        model=dear, upstream=Upstream.objects.get(name="builtin"), upstream_model="builtin"
    )
    allow(cost_per_month=Decimal("0.001"))
    body = {**ask("Count to 20"), "model": dear.name}
    response = httpx.post(
        f"{portal.api}/chat/completions", json=body, headers={"x-api-key": make_key(alice)}, timeout=30
    )
    assert (response.status_code, response.json()["error"]["code"]) == (429, "insufficient_quota")


def test_a_groups_limits_hold_for_its_people(
    portal: PortalProcess, alice: Any, bob: Any, make_key: MakeKey
) -> None:
    from accounts.models import GroupLimits

    group = Group.objects.create(name=f"interns-{alice.pk}")
    GroupLimits.objects.create(group=group, requests_per_minute=1)
    alice.groups.add(group)
    secret = make_key(alice)
    assert [post(portal, secret).status_code for _ in range(2)] == [200, 429]
    other = make_key(bob)
    assert [post(portal, other).status_code for _ in range(2)] == [200, 200]
